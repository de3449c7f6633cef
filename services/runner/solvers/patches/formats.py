"""Recognizes the format of a patch in a part of an answer, and reads it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from services.runner.solvers.patches import begin_patch, search_replace, unified
from services.runner.solvers.patches.changes import FileChange, refuse
from services.runner.solvers.patches.text_lines import TextLines

LANGUAGES = ("diff", "patch", "udiff")
_FIRST_LINES = 3
"""Nonblank lines in which a patch begins; a path or a shell command may stand before it."""


def is_patch(lines: TextLines, language: str) -> bool:
    """Whether a block is a patch, rather than a file that has one in it."""
    if language in LANGUAGES:
        return any(lines[at].startswith(("@@", "+", "-")) or _starts(lines, at) for at in range(len(lines)))
    nonblank = (at for at in range(len(lines)) if lines[at].strip())
    first = list(islice(nonblank, _FIRST_LINES))
    return any(_starts_marked(lines[at]) for at in first) or any(unified.starts_file(lines, at) for at in first[:1])


def is_loose_patch(lines: TextLines, language: str) -> bool:
    """Whether a patch has no header that names a file or a hunk."""
    headed = any(lines[at].startswith("@@") or _starts(lines, at) for at in range(len(lines)))
    return language in LANGUAGES and not headed and is_patch(lines, language)


def read_patch(lines: TextLines, path: str, path_in: Callable[[str], str]) -> list[FileChange]:
    """``path`` is the file that the text before the block names, ``path_in`` finds one in a line of the block. Raises
    AnswerUnusable."""
    if any(search_replace.starts_block(text) for text in lines):
        return _search_replace(lines, path, path_in)
    marked = any(map(begin_patch.begins, lines))
    unmarked = any(unified.starts_file(lines, at) for at in range(len(lines)))
    if any(begin_patch.starts_file(text) for text in lines) or (marked and not unmarked):
        return begin_patch.read_patch(_between_marks(lines))
    return unified.read_diffs(lines, path)


def _starts(lines: TextLines, at: int) -> bool:
    return _starts_marked(lines[at]) or unified.starts_file(lines, at)


def _starts_marked(text: str) -> bool:
    marked = begin_patch.begins(text) or begin_patch.starts_file(text)
    return marked or search_replace.starts_block(text)


def _between_marks(lines: TextLines) -> TextLines:
    """What stands before and behind the marks is no part of the patch, such as the command that gets it."""
    begins = [at for at, text in enumerate(lines) if begin_patch.begins(text)]
    ends = [at for at, text in enumerate(lines) if begin_patch.ends(text)]
    if not ends and lines.cut_off:
        raise refuse("the patch", "the answer ends inside it", line=lines.number(len(lines) - 1))
    marks = {*begins, *ends}
    start, end = (begins[0] if begins else -1) + 1, ends[-1] if ends else len(lines)
    return lines.part(start, end, blank=marks)


def _search_replace(lines: TextLines, path: str, path_in: Callable[[str], str]) -> list[FileChange]:
    """A path stands on a line before its blocks, in the block or before it."""
    changes: list[FileChange] = []
    at = number = 0
    while at < len(lines):
        if search_replace.starts_block(lines[at]):
            number = number + 1 if changes and changes[-1].new == path else 1
            change, at = search_replace.read_block(lines, at, path, number)
            path = change.new
            changes.append(change)
        else:
            path = path_in(lines[at]) or path
            at += 1
    return changes
