"""Fenced blocks in a model's answer, with what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})(.*)")
_HEAD_CHARACTERS = 300
"""Of what stands behind or before a fence; a path is not found further on."""
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
            info = match[2].strip()[:_HEAD_CHARACTERS]
            found.append(Block(info=info, before=before, content=_content(lines, match[1], f"{info} {before}")))
            before = ""
        elif line.strip():
            before = line.strip()[:_HEAD_CHARACTERS]
    return found


def _content(lines: Iterator[str], fence: str, heading: str) -> str:
    """Up to the fence that closes: of the same kind, no shorter, and bare."""
    nests = any(word.strip("`*:\"'").endswith(_NESTING) for word in heading.split())
    content: list[str] = []
    inside = 0
    for line in lines:
        match = _FENCE.match(line)
        bare = match is not None and not match[2].strip()
        if match and bare and match[1].startswith(fence):
            if not inside:
                return "".join(content)
            inside -= 1
        elif match and nests and not bare:
            inside += 1
        content.append(line + "\n")
    return "".join(content).removesuffix("\n")
