"""Finds fenced code blocks in a model's answer, with the text around them that may name a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})(.*)")
_MAX_HEADING_CHARACTERS = 300
"""Of the text after or before a fence; a path is expected at its start."""
_NESTING = (".md", ".markdown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """``info`` is the text after the opening fence, ``before`` the last nonblank line before it."""

    info: str
    before: str
    content: str

    @property
    def language(self) -> str:
        return re.split(r"[\s:{]", self.info, maxsplit=1)[0].lower()


def find_blocks(text: str) -> list[Block]:
    """In order. A block that is never closed, because the answer was cut off, extends to the end. In the block of a
    Markdown file, fences that open with an info string belong to the file, as do their closing fences."""
    found: list[Block] = []
    before = ""
    lines = iter(text.split("\n"))
    for line in lines:
        if match := _FENCE.match(line):
            info = match[2].strip()[:_MAX_HEADING_CHARACTERS]
            found.append(Block(info=info, before=before, content=_content(lines, match[1], f"{info} {before}")))
            before = ""
        elif line.strip():
            before = line.strip()[:_MAX_HEADING_CHARACTERS]
    return found


def _content(lines: Iterator[str], fence: str, heading: str) -> str:
    """Up to the closing fence: of the same kind, at least as long, and without an info string."""
    nests = any(word.strip("`*:\"'").endswith(_NESTING) for word in heading.split())
    content: list[str] = []
    depth = 0
    for line in lines:
        match = _FENCE.match(line)
        bare = match is not None and not match[2].strip()
        if match and bare and match[1].startswith(fence):
            if not depth:
                return "".join(content)
            depth -= 1
        elif match and nests and not bare:
            depth += 1
        content.append(line + "\n")
    return "".join(content).removesuffix("\n")
