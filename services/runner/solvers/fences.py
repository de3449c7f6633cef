"""Fenced blocks in a model's answer, with what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([^\r\n]*?)[ \t\r]*$")
_NESTING = (".md", ".markdown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """``info`` is what stands behind the opening fence, ``before`` the last line with text before it."""

    info: str
    before: str
    content: str

    @property
    def language(self) -> str:
        return re.split(r"[\s:{]", self.info, maxsplit=1)[0].lower()


def blocks(text: str) -> list[Block]:
    """In order. A block that is never closed (the answer was cut) goes to the end. In the block of a Markdown file,
    fences that open with an info string belong to the file, up to their own ends."""
    found: list[Block] = []
    before = ""
    lines = iter(text.split("\n"))
    for line in lines:
        if match := _FENCE.match(line):
            found.append(Block(info=match[2], before=before, content=_content(lines, match, before)))
            before = ""
        elif line.strip():
            before = line.strip()
    return found


def _content(lines: Iterator[str], opened: re.Match[str], before: str) -> str:
    """Up to the fence that closes: of the same kind, no shorter, and bare."""
    nests = any(word.strip("`*:\"'").endswith(_NESTING) for word in f"{opened[2]} {before}".split())
    content: list[str] = []
    inside = 0
    for line in lines:
        match = _FENCE.match(line)
        if match and match[1].startswith(opened[1]) and not match[2]:
            if not inside:
                break
            inside -= 1
        elif match and nests and match[2]:
            inside += 1
        content.append(line)
    return "".join(line + "\n" for line in content)
