"""Where a fenced block ends: fences may be longer, indented, quoted, or stand inside of what they enclose."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.runner.solvers.patches import begin_patch, search_replace, unified
from services.runner.solvers.patches.text_lines import TextLines

_OPENING = re.compile(r"((?:[ \t]*> ?)?[ \t]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?)(`{3,}|~{3,})(.*)", re.DOTALL)
_QUOTE = re.compile(r"[ \t]*> ?")
_HUNK_COUNTS = re.compile(r"@@+ -\d+(?:,(\d{1,9}))? \+\d+(?:,(\d{1,9}))? @@")
_HUNK_LINE = re.compile(r"[ +@\\-]")
_CERTAIN_HUNK_LINE = re.compile(r" |@@|[+-](?! )")
_NESTING = (".md", ".markdown", ".mdx")
_NESTING_LANGUAGES = ("markdown", "md", "mdx")
_MAX_CLOSING_INDENT = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """``indent`` is everything before the mark: space, a quote sign, the marker of a list item."""

    indent: str
    mark: str
    info: str

    def unindented(self, lines: TextLines) -> list[str]:
        """The lines without what indents the fence; without less if they are not indented as far."""
        texts = list(lines)
        if ">" in self.indent:
            texts = [_QUOTE.sub("", text, count=1) for text in texts]
        width = len(_QUOTE.sub("", self.indent, count=1))
        space = min((len(text) - len(text.lstrip()) for text in texts if text.strip()), default=width)
        return [text[min(width, space) :] if text.strip() else text[width:] for text in texts]


def opening_fence(text: str) -> Fence | None:
    """None for code in a sentence, such as ```` ```x``` ````."""
    match = _OPENING.match(text)
    if not match or match[2][:3] in match[3]:
        return None
    return Fence(indent=match[1], mark=match[2], info=match[3])


class FenceEnds:
    """Knows all lines of an answer that may close a fence, so that finding the ends takes linear time."""

    def __init__(self, lines: TextLines) -> None:
        self._lines = lines
        marks = [(at, text) for at, text in enumerate(lines) if "```" in text or "~~~" in text]
        self._fences = [(at, fence) for at, text in marks if (fence := opening_fence(text))]
        self._last_bare = max((at for at, fence in self._fences if not fence.info.strip()), default=0)
        self._next = 0

    def find(self, at: int, fence: Fence, heading: str) -> tuple[int, bool]:
        """The index of the closing fence, and True; or the end of the answer. Call it with growing ``at``."""
        while self._next < len(self._fences) and self._fences[self._next][0] <= at:
            self._next += 1
        nests = _is_markdown(fence, heading)
        content = _PatchState(self._lines, at + 1, fence, self._last_bare)
        depth, position = 0, self._next
        while position < len(self._fences):
            index, inner = self._fences[position]
            position += 1
            if content.covers(index):
                continue
            if inner.info.strip():
                depth += nests
            elif not self._closes(fence, inner):
                continue
            elif depth:
                depth -= 1
            elif nests and self._opens_inside(index, position):
                depth += 1
            else:
                return index, True
        return len(self._lines), False

    def _closes(self, fence: Fence, inner: Fence) -> bool:
        """Of the same kind, at least as long, without text after it, and not indented much deeper."""
        indent = _QUOTE.sub("", inner.indent, count=1)
        deeper = len(indent) - len(_QUOTE.sub("", fence.indent, count=1)) > _MAX_CLOSING_INDENT
        return inner.mark.startswith(fence.mark) and not deeper and not indent.strip()

    def _opens_inside(self, index: int, position: int) -> bool:
        """In a Markdown file: after a blank line, before text, and with its own closing fence and another one left."""
        rest = self._fences[position : position + 2]
        bare = len(rest) == 2 and not rest[0][1].info.strip() and not rest[1][1].info.strip()
        return bare and not self._lines[index - 1].strip() and bool(self._lines.get(index + 1).strip())


def _is_markdown(fence: Fence, heading: str) -> bool:
    words = heading.lower().split()
    return any(word.strip("`*:\"'{}").endswith(_NESTING) for word in words) or bool(
        words and fence.info.strip() and words[0].strip("{.}") in _NESTING_LANGUAGES
    )


class _PatchState:
    """Which fences of a block are lines of a patch. Reads on with each question."""

    def __init__(self, lines: TextLines, at: int, fence: Fence, last_bare: int) -> None:
        self._lines, self._at, self._width, self._last_bare = lines, at, len(fence.indent), last_bare
        self._covered_until = at
        self._in_hunk = False
        self._left: tuple[int, int] | None = None

    def covers(self, index: int) -> bool:
        while self._at < index:
            self._read(self._at)
            self._at += 1
        return index < self._covered_until or (self._in_hunk and index < self._last_bare and self._in_diff(index))

    def _read(self, at: int) -> None:
        text = self._lines[at][self._width :]
        if at >= self._covered_until and (end := _marked_end(self._lines, at, text)):
            self._covered_until = end
        elif text.startswith("@@") or unified.starts_file(self._lines, at):
            match = _HUNK_COUNTS.match(text)
            self._in_hunk = True
            self._left = (int(match[1] or 1), int(match[2] or 1)) if match else None
        elif self._in_hunk and self._left:
            self._left = self._left[0] - (text[:1] != "+"), self._left[1] - (text[:1] != "-")

    def _in_diff(self, index: int) -> bool:
        """A fence after a space is a context line unless the hunk has all its lines. Without one, it is a context line
        that lost its space if lines are missing and the next line looks like one of a hunk."""
        if self._left and max(self._left) <= 0:
            return False
        if self._lines[index][self._width :].startswith(" "):
            return True
        return bool((_HUNK_LINE if self._left else _CERTAIN_HUNK_LINE).match(self._lines.get(index + 1)[self._width :]))


def _marked_end(lines: TextLines, at: int, text: str) -> int | None:
    """The end of a patch that begins here and has an end mark; None if none begins."""
    if search_replace.starts_block(text):
        return search_replace.find_end(lines, at)
    return begin_patch.find_end(lines, at) if begin_patch.begins(text) else None
