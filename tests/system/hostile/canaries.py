"""Canaries: words that are nowhere else, put where no attempt may look and nothing may be told."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

MARK = r"k7q-[a-z_]+-[0-9a-f]{16}"
"""What any of them looks like: a hunter that knows this finds them all."""


class Canaries:
    """By what they stand for; each is made when it is first asked for."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self.words.setdefault(name, f"k7q-{name}-{secrets.token_hex(8)}")

    def in_text(self, text: str | bytes) -> set[str]:
        """The names of those that are in it."""
        data = text.encode() if isinstance(text, str) else text
        return {name for name, word in self.words.items() if word.encode() in data}

    def in_files(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """Name and file of all that lie below the folder, whoever owns them."""
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                for name in self.in_text(path.read_bytes()):
                    yield name, path


def marked(text: str | bytes) -> set[str]:
    """Whatever looks like a canary."""
    data = text.encode() if isinstance(text, str) else text
    return {found.decode() for found in re.findall(MARK.encode(), data)}
