"""Reads the format between ``*** Begin Patch`` and ``*** End Patch``, which coding models are trained on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from services.runner.solvers.patches.changes import ChangeKind, FileChange, Hunk, HunkLine, refuse
from services.runner.solvers.patches.hunk_lines import read_line
from services.runner.solvers.patches.paths import read_name
from services.runner.solvers.patches.text_lines import TextLines
from services.runner.solvers.patches.unified import read_hunk_header

_BEGIN, _END = "*** Begin Patch", "*** End Patch"
_FILE = re.compile(r"\*\*\* (Add|Update|Delete) File:\s*(.+)")
_MOVE = "*** Move to:"
_END_OF_FILE = "*** End of File"
_MAX_HEADINGS = 6
_KINDS: dict[str, ChangeKind] = {"Add": "create", "Update": "update", "Delete": "delete"}


def begins(text: str) -> bool:
    return text.startswith("*** ") and text.rstrip(" \t\r*") == _BEGIN


def ends(text: str) -> bool:
    return text.startswith("*** ") and text.rstrip(" \t\r*") == _END


def starts_file(text: str) -> bool:
    return text.startswith("*** ") and bool(_FILE.fullmatch(text.strip()))


def find_end(lines: TextLines, at: int) -> int | None:
    """The index of the line that ends the patch that begins at ``at``; None if there is none."""
    for index in range(at + 1, len(lines)):
        if ends(lines[index]):
            return index
        if begins(lines[index]):
            break
    return None


def read_patch(lines: TextLines) -> list[FileChange]:
    """``lines`` are those between the two markers. Raises AnswerUnusable for a line that belongs to nothing."""
    changes: list[FileChange] = []
    at = lines.next_nonblank(0)
    while at < len(lines):
        match = _FILE.fullmatch(lines[at].strip())
        if not match:
            what = (
                f"a line '*** Add File:', '*** Update File:' or '*** Delete File:' must come before {lines[at][:60]!r}"
            )
            raise refuse("the patch", what, line=lines.number(at))
        change, at = _read_change(lines, at, _KINDS[match[1]], read_name(match[2]))
        changes.append(change)
        at = lines.next_nonblank(at)
    return changes


def _read_change(lines: TextLines, at: int, kind: ChangeKind, path: str) -> tuple[FileChange, int]:
    change = FileChange(kind=kind, old=path, new=path, line=lines.number(at))
    end = next((index for index in range(at + 1, len(lines)) if _FILE.fullmatch(lines[index].strip())), len(lines))
    at += 1
    if at < end and lines[at].startswith(_MOVE):
        change = replace(change, kind="rename", new=read_name(lines[at].removeprefix(_MOVE)))
        at += 1
    if kind == "create":
        return replace(change, hunks=(_added_file(lines, at, end, path),)), end
    hunks = tuple(_hunks(lines, at, end))
    if kind == "delete" and hunks:
        raise refuse(path, "nothing may follow 'Delete File'", line=lines.number(at))
    if change.kind == "update" and not hunks:
        raise refuse(path, "it has no hunks", line=change.line)
    return replace(change, hunks=hunks), end


def _added_file(lines: TextLines, at: int, end: int, path: str) -> Hunk:
    """Every line has a plus sign; a model that forgets it does so on all of them, or on blank ones."""
    texts = [lines[index] for index in range(at, end)]
    while texts and not texts[-1].strip():
        texts.pop()
    signed = any(text.startswith("+") for text in texts)
    added: list[HunkLine] = []
    for offset, text in enumerate(texts):
        if signed and text.strip() and not text.startswith("+"):
            raise refuse(path, f"the line {text[:60]!r} of a new file has no '+'", line=lines.number(at + offset))
        if text.rstrip("\r") != _END_OF_FILE:
            added.append(HunkLine(sign="+", text=text.removeprefix("+") if signed else text, written=text))
    return Hunk(number=1, line=lines.number(at), lines=tuple(added))


def _hunks(lines: TextLines, at: int, end: int) -> Sequence[Hunk]:
    """Several ``@@`` lines in a row narrow the place down, each inside the one before."""
    hunks: list[Hunk] = []
    header, body = Hunk(number=1, line=lines.number(at), lines=()), list[HunkLine]()
    for index in range(at, end):
        text = lines[index]
        if text.rstrip() == _END_OF_FILE:
            header = replace(header, at_end=True)
        elif text.startswith("@@"):
            if _is_hunk(body):
                hunks.append(_finish(header, body))
                header, body = Hunk(number=len(hunks) + 1, line=lines.number(index), lines=()), []
            named = read_hunk_header(text)
            header = replace(header, start=named.start, headings=(*header.headings, *named.headings)[-_MAX_HEADINGS:])
        elif text.startswith("\\") and body:
            body[-1] = replace(body[-1], no_newline=True)
        else:
            body.append(read_line(text))
    return [*hunks, _finish(header, body)] if _is_hunk(body) else hunks


def _is_hunk(body: Sequence[HunkLine]) -> bool:
    return any(line.written.strip() for line in body)


def _finish(header: Hunk, body: list[HunkLine]) -> Hunk:
    """Without old lines or a heading, lines are added at the end of the file."""
    while body and not body[-1].written.strip("\r"):
        body.pop()
    adds_only = all(line.sign == "+" for line in body) and not header.headings and header.start is None
    return replace(header, lines=tuple(body), at_end=header.at_end or adds_only)
