"""The lines of one hunk of a unified diff: where they end, although counts are wrong and spaces are lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from services.runner.solvers.patches.changes import HunkLine
from services.runner.solvers.patches.text_lines import TextLines

_LIST_ITEM = re.compile(r"[-+] \S")
_FENCE = re.compile(r"`{3,}|~{3,}")
_MISSING_CONTEXT_LINES = 3


@dataclass(kw_only=True, slots=True)
class HunkBody:
    """``end`` is the index of the line after it. ``counted``: there are as many lines as the header says. ``cut_off``:
    there are fewer, and the answer ends here."""

    lines: list[HunkLine] = field(default_factory=list[HunkLine])
    end: int = 0
    counted: bool = False
    cut_off: bool = False


def read_body(lines: TextLines, at: int, counts: tuple[int, int] | None) -> HunkBody:
    """``counts`` are the old and new lines that the header announces; models miscount, so they only decide where the
    text alone does not."""
    body = HunkBody()
    old = new = 0
    while at < len(lines):
        complete = counts is not None and old >= counts[0] and new >= counts[1]
        text = lines[at]
        if _starts_next(lines, at, unfinished=counts is not None and not complete):
            break
        if text.startswith("\\"):
            if body.lines:
                body.lines[-1] = replace(body.lines[-1], no_newline=True)
            at += 1
            continue
        if _ends_before(lines, at, complete=complete, counted=counts is not None):
            break
        line = read_line(text)
        old, new = old + (line.sign != "+"), new + (line.sign != "-")
        body.lines.append(line)
        at += 1
    while body.lines and not body.lines[-1].written.strip("\r"):
        body.lines.pop()
        old, new = old - 1, new - 1
    body.end = at
    body.counted = counts == (old, new)
    if counts and lines.cut_off and at == len(lines):
        missing = counts[0] - old, counts[1] - new
        body.cut_off = (missing[0] != missing[1] and max(missing) > 0) or missing[0] > _MISSING_CONTEXT_LINES
    return body


def read_line(text: str) -> HunkLine:
    """A line without a sign is a context line that lost its leading space."""
    match text[:1]:
        case "+":
            return HunkLine(sign="+", text=text[1:], written=text)
        case "-":
            return HunkLine(sign="-", text=text[1:], written=text)
        case " ":
            return HunkLine(sign=" ", text=text[1:], written=text)
        case _:
            return HunkLine(sign=" ", text=text, written=text)


def _starts_next(lines: TextLines, at: int, *, unfinished: bool) -> bool:
    """The next hunk, or the next file. Removed and added lines can look like the header of a file."""
    text = lines[at]
    if text.startswith(("@@", "diff --git ", "*** End Patch")):
        return True
    if text.startswith("--- ") and text[4:].strip() and lines.get(at + 1).startswith("+++ "):
        return not unfinished or lines.get(at + 2).startswith("@@")
    return False


def _ends_before(lines: TextLines, at: int, *, complete: bool, counted: bool) -> bool:
    text = lines[at]
    if complete and text.rstrip("\r") in ("-- ", "--"):
        return True
    following = lines.next_nonblank(at)
    if following > at:
        return following < len(lines) and _is_prose_after_blank(lines, following, complete=complete, at=at)
    if text[0] in " +-\t":
        return False
    if lines.fenced:
        return complete
    return complete or not counted or bool(_FENCE.match(text))


def _is_prose_after_blank(lines: TextLines, following: int, *, complete: bool, at: int) -> bool:
    text = lines[following]
    if text[0] not in " +-\t@\\":
        return complete or not lines.fenced
    return complete and not lines.fenced and bool(_LIST_ITEM.match(text)) and lines[at] == ""
