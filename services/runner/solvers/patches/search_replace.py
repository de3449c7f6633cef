"""Reads search/replace blocks: the old text between ``<<<<<<< SEARCH`` and ``=======``, the new text after it."""

from __future__ import annotations

import re
from dataclasses import replace

from services.runner.solvers.patches.changes import FileChange, Hunk, HunkLine, refuse
from services.runner.solvers.patches.paths import read_name
from services.runner.solvers.patches.text_lines import TextLines

_SEARCH = re.compile(r"[<-]{5,9} ?(?:SEARCH|ORIGINAL)\b(.*)", re.DOTALL)
_DIVIDER = re.compile(r"={5,9}\s*")
_REPLACE = re.compile(r"[>+]{5,9} ?(?:REPLACE|UPDATED)\s*")
_START_LINE = re.compile(r":start_line:\s*(\d{1,9})\s*")
_DASHES = re.compile(r"-{5,9}\s*")


def starts_block(text: str) -> bool:
    return bool(_SEARCH.fullmatch(text))


def find_end(lines: TextLines, at: int) -> int | None:
    """The index of the REPLACE line of the block that begins at ``at``; None if there is none."""
    end = _find(lines, at + 1, _REPLACE)
    return end if end < len(lines) else None


def read_block(lines: TextLines, at: int, path: str, number: int = 1) -> tuple[FileChange, int]:
    """The block whose SEARCH line is at ``at``, and the index after its REPLACE line. The path may follow SEARCH.
    Raises AnswerUnusable if a marker is missing."""
    match = _SEARCH.fullmatch(lines[at])
    path = read_name(match[1]) if match and match[1].strip(" :\r") else path
    header = Hunk(number=number, line=lines.number(at), lines=())
    divider = _find(lines, at + 1, _DIVIDER)
    end = _find(lines, divider + 1, _REPLACE)
    if not path:
        raise refuse("a search/replace block", "no path stands before it", line=header.line)
    if end >= len(lines):
        missing = "=======" if divider >= len(lines) else ">>>>>>> REPLACE"
        raise refuse(path, f"its line '{missing}' is missing", line=header.line, hunk=header)
    at, header = _read_start_line(lines, at + 1, header)
    old, new = [lines[index] for index in range(at, divider)], [lines[index] for index in range(divider + 1, end)]
    hunk = replace(header, lines=tuple(_hunk_lines(old, new)))
    kind = "update" if any(text.strip() for text in old) else "create"
    return FileChange(kind=kind, old=path, new=path, line=header.line, hunks=(hunk,), ordered=False), end + 1


def _find(lines: TextLines, at: int, marker: re.Pattern[str]) -> int:
    """The length if there is none before the next block."""
    for index in range(at, len(lines)):
        if marker.fullmatch(lines[index]):
            return index
        if _SEARCH.fullmatch(lines[index]):
            break
    return len(lines)


def _read_start_line(lines: TextLines, at: int, header: Hunk) -> tuple[int, Hunk]:
    match = _START_LINE.fullmatch(lines.get(at))
    if not match:
        return at, header
    at += 2 if _DASHES.fullmatch(lines.get(at + 1)) else 1
    return at, replace(header, start=int(match[1]))


def _hunk_lines(old: list[str], new: list[str]) -> list[HunkLine]:
    """Lines that both texts begin or end with are context, so that they stay as they are in the file."""
    most = min(len(old), len(new))
    before = next((at for at in range(most) if old[at] != new[at]), most)
    behind = next((at for at in range(most - before) if old[-1 - at] != new[-1 - at]), most - before)
    return [
        *(HunkLine(sign=" ", text=text, written=f" {text}") for text in old[:before]),
        *(HunkLine(sign="-", text=text, written=f"-{text}") for text in old[before : len(old) - behind]),
        *(HunkLine(sign="+", text=text, written=f"+{text}") for text in new[before : len(new) - behind]),
        *(HunkLine(sign=" ", text=text, written=f" {text}") for text in old[len(old) - behind :]),
    ]
