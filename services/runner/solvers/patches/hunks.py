"""Applies one file's hunks to its content."""

from __future__ import annotations

from services.runner.solvers.patches.changes import FileChange, Hunk, HunkLine, refuse
from services.runner.solvers.patches.file_lines import Exactness, FileLines
from services.runner.solvers.patches.indentation import reindented
from services.runner.solvers.patches.location import HunkLocator, Place, SearchBudget

_NO_BREAK_SPACE, _BYTE_ORDER_MARK = "\u00a0", "\ufeff"


def apply_hunks(path: str, change: FileChange, content: bytes, budget: SearchBudget) -> bytes:
    """Raises AnswerUnusable if one of them does not fit; then nothing is changed."""
    lines = FileLines(content)
    locator = HunkLocator(path, change, lines, budget)
    for hunk in change.hunks:
        _apply(path, hunk, lines, locator.locate(hunk))
    return lines.encode()


def new_content(change: FileChange) -> bytes:
    """Of a new file. Context lines belong to it too, since models forget the plus sign of blank lines."""
    lines = FileLines(b"")
    for hunk in change.hunks:
        at = len(lines.texts)
        texts = [line.text.removesuffix("\r") for line in hunk.new]
        lines.replace(at, at, texts, ["\r\n" if line.text.endswith("\r") else "\n" for line in hunk.new])
        lines.final_newline = not (hunk.new and hunk.new[-1].no_newline)
    return lines.encode()


def _apply(path: str, hunk: Hunk, lines: FileLines, place: Place) -> None:
    """Context lines stay as they are in the file; added lines get the line endings of their surroundings."""
    end = place.start + len(hunk.old)
    at_end = end == len(lines.texts)
    old_texts, old_endings = lines.texts[place.start : end], lines.endings[place.start : end]
    added = iter(_added_lines(path, hunk, old_texts, place))
    ending = old_endings[0] if old_endings else lines.usual_ending()
    texts: list[str] = []
    endings: list[str] = []
    old = zip(old_texts, old_endings, strict=True)
    for line in hunk.lines:
        if line.sign == "+":
            text = next(added)
            texts.append(text.removesuffix("\r"))
            endings.append(_ending(text, ending, place))
            continue
        kept = next(old)
        if line.sign == " ":
            texts.append(kept[0])
            endings.append(kept[1])
    lines.replace(place.start, end, texts, endings)
    if at_end:
        lines.final_newline = _final_newline(hunk, unchanged=lines.final_newline)


def _ending(text: str, surrounding: str, place: Place) -> str:
    if place.exactness is Exactness.BYTES:
        return "\r\n" if text.endswith("\r") else "\n"
    return surrounding


def _final_newline(hunk: Hunk, *, unchanged: bool) -> bool:
    """Without a marker, the file keeps or lacks its final newline as before."""
    if hunk.new and hunk.new[-1].no_newline:
        return False
    return unchanged or bool(hunk.old and hunk.old[-1].no_newline)


def _added_lines(path: str, hunk: Hunk, file_texts: list[str], place: Place) -> list[str]:
    added = [line.text for line in hunk.lines if line.sign == "+"]
    if place.exactness < Exactness.TRAILING_SPACE:
        return added
    old = [_read(line, place) for line in hunk.old]
    if place.exactness is Exactness.ALL_SPACE:
        changed = reindented(added, list(zip(old, file_texts, strict=True)))
        if changed is None:
            what = "its lines are indented differently in the file, and do not show how to indent the added ones"
            raise refuse(path, what, line=hunk.line, hunk=hunk)
        added = changed
    if any(_NO_BREAK_SPACE in text for text in old) and not any(_NO_BREAK_SPACE in text for text in file_texts):
        added = [text.replace(_NO_BREAK_SPACE, " ") for text in added]
    if place.start == 0 and added and _lost_mark(hunk, old[0], file_texts[0], added[0]):
        added[0] = _BYTE_ORDER_MARK + added[0]
    return added


def _lost_mark(hunk: Hunk, old: str, in_file: str, added: str) -> bool:
    """The first line is replaced, and its byte order mark is not in the patch at all."""
    in_patch = old.startswith(_BYTE_ORDER_MARK) or added.startswith(_BYTE_ORDER_MARK)
    return in_file.startswith(_BYTE_ORDER_MARK) and hunk.lines[0].sign == "-" and not in_patch


def _read(line: HunkLine, place: Place) -> str:
    return line.written if place.unsigned and line.sign == " " else line.text
