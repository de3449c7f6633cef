"""Replaces a text that occurs exactly once, whatever line endings the file has."""

from __future__ import annotations

import re

from services.runner.solvers.agent.tool_result import ToolError
from services.runner.solvers.patches.changes import quote
from services.runner.solvers.patches.nearest import nearest_lines

_NEWLINE = re.compile("\r?\n")


def find_once(text: str, old: str, path: str) -> tuple[int, int]:
    """The span of ``old``, exactly or with other line endings. Raises ToolError, with the nearest text, if it does not
    occur exactly once."""
    found = [match.span() for match in re.finditer(re.escape(old), text)]
    if not found and "\n" in old:
        lines = map(re.escape, _NEWLINE.split(old))
        found = [match.span() for match in re.finditer("\r?\n".join(lines), text)]
    if len(found) == 1:
        return found[0]
    occurs = f"occurs {len(found)} times" if found else "does not occur"
    hint = "" if found else f". {_nearest(text, old)}"
    raise ToolError(f"old_str {occurs} in {path}, but must occur exactly once; nothing was changed{hint}")


def with_endings(new: str, replaced: str, text: str) -> str:
    """The new text with the line endings of what it replaces, or with the usual ones of the file."""
    sample = replaced if "\n" in replaced else text
    crlf = sample.count("\r\n")
    return _NEWLINE.sub("\r\n" if crlf > sample.count("\n") - crlf else "\n", new)


def numbered(lines: list[str], first: int, last: int) -> str:
    """The lines with their numbers, without carriage returns."""
    shown = [(number, lines[number - 1].removesuffix("\r")) for number in range(first, last + 1)]
    return "\n".join(f"{number:6}\t{line}" for number, line in shown)


def _nearest(text: str, old: str) -> str:
    lines, wanted = _NEWLINE.split(text), _NEWLINE.split(old)
    nearest = nearest_lines(lines, wanted)
    if nearest is None:
        return "There is nothing like it in the file."
    start, at = nearest
    last = min(len(lines), start + len(wanted))
    found = quote(lines[start + at]) if start + at < len(lines) else "the end of the file"
    difference = f"line {start + at + 1} is {found}, not {quote(wanted[at])}"
    return f"The nearest text begins at line {start + 1}, and {difference}:\n{numbered(lines, start + 1, last)}"
