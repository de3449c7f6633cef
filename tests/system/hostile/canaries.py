"""Canary secrets: unique words in places that attempts must not read and that must not be published."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

MARK = r"k7q-[a-z_]+-[0-9a-f]{16}"
"""The pattern of all canaries, which the search programs know."""


class Canaries:
    """Canaries by name, each generated on first use."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self.words.setdefault(name, f"k7q-{name}-{secrets.token_hex(8)}")

    def in_text(self, text: str | bytes) -> set[str]:
        """The names of the canaries in the text."""
        data = text.encode() if isinstance(text, str) else text
        return {name for name, word in self.words.items() if word.encode() in data}

    def in_files(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """The names and files of all canaries below the folder."""
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                for name in self.in_text(path.read_bytes()):
                    yield name, path


def marked(text: str | bytes) -> set[str]:
    """Whatever looks like a canary."""
    data = text.encode() if isinstance(text, str) else text
    return {found.decode() for found in re.findall(MARK.encode(), data)}
