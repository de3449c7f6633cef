"""Splits a model's answer into fenced blocks and patches that stand without a fence, with the text before them that may
name a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.runner.errors import AnswerUnusable
from services.runner.solvers.fence_ends import FenceEnds, opening_fence
from services.runner.solvers.patches import begin_patch, search_replace, unified
from services.runner.solvers.patches.text_lines import TextLines

_MAX_HEADING_CHARACTERS = 300
"""Of the text after or before a fence; a path is expected at its start."""
_MAX_BLOCKS = 10_000
_SECTION = re.compile(r"#{1,6}\s+\S|\*\*[^*]+\*\*:?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """``info`` is the text after the opening fence, ``before`` the last nonblank line before it, ``section`` the last
    title. ``complete``: it is closed; otherwise the answer was cut off inside. ``fenced`` is false for a patch without
    a fence."""

    info: str = ""
    before: str = ""
    section: str = ""
    lines: TextLines
    complete: bool = True
    fenced: bool = True

    @property
    def language(self) -> str:
        return re.split(r"[\s:{,(]", self.info.lstrip("{. "), maxsplit=1)[0].rstrip("}").lower()

    @property
    def content(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


def find_blocks(text: str) -> list[Block]:
    """In order. Raises AnswerUnusable if a patch without a fence is malformed, or there are too many blocks."""
    found = list(islice(_Scanner(text).blocks(), _MAX_BLOCKS + 1))
    if len(found) > _MAX_BLOCKS:
        raise AnswerUnusable(f"the answer has more than {_MAX_BLOCKS} code blocks and patches")
    return found


class _Scanner:
    def __init__(self, text: str) -> None:
        lines = TextLines(text.split("\n"))
        if text.count("\r\n") == len(lines) - 1:
            lines = lines.without_carriage_returns()
        self._lines = lines
        self._ends = FenceEnds(lines)
        self._before = self._section = ""

    def blocks(self) -> Iterator[Block]:
        at = 0
        while at < len(self._lines):
            found = self._fenced(at) or self._bare(at)
            if found:
                block, at = found
                yield block
                self._before = ""
                continue
            line = self._lines[at].strip()[:_MAX_HEADING_CHARACTERS]
            self._before = line or self._before
            if _SECTION.match(line):
                self._section = line
            at += 1

    def _fenced(self, at: int) -> tuple[Block, int] | None:
        fence = opening_fence(self._lines[at])
        if fence is None:
            return None
        info = fence.info.strip()[:_MAX_HEADING_CHARACTERS]
        end, complete = self._ends.find(at, fence, f"{info} {self._before}")
        texts = fence.unindented(self._lines.part(at + 1, end))
        while not complete and texts and not texts[-1]:
            texts.pop()
        lines = TextLines(texts, self._lines.number(at + 1), fenced=True, cut_off=not complete)
        block = Block(info=info, before=self._before, section=self._section, lines=lines, complete=complete)
        return block, min(end + 1, len(self._lines))

    def _bare(self, at: int) -> tuple[Block, int] | None:
        """A patch that stands in the text."""
        text, complete = self._lines[at], True
        if unified.starts_file(self._lines, at):
            _, end = unified.read_diff(self._lines, at)
        elif begin_patch.begins(text) or search_replace.starts_block(text):
            find_end = begin_patch.find_end if begin_patch.begins(text) else search_replace.find_end
            last = find_end(self._lines, at)
            complete = last is not None
            end = len(self._lines) if last is None else last + 1
        else:
            return None
        lines = self._lines.part(at, end, cut_off=not complete)
        return Block(before=self._before, section=self._section, lines=lines, complete=complete, fenced=False), end
