"""What a patch of any format asks for: changes to files, each with its hunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.runner.errors import AnswerUnusable
from services.runner.text import clean

_SHOWN_CHARACTERS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class HunkLine:
    """``text`` has no sign and may end in a carriage return. ``written`` is the line as it stands in the answer, which
    for a context line that lost its leading space is the text too. ``no_newline``: a marker says that the file ends
    here without a newline."""

    sign: Literal[" ", "-", "+"]
    text: str
    written: str
    no_newline: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Hunk:
    """``start`` is the first old line (from 1) according to its header, ``headings`` are lines of the file above it.
    ``at_end``: it is marked to end where the file ends. ``counted``: the header's counts agree with the lines.
    ``line`` is that of the answer, from 1."""

    number: int
    line: int
    lines: tuple[HunkLine, ...]
    start: int | None = None
    headings: tuple[str, ...] = ()
    at_end: bool = False
    counted: bool = False

    @property
    def old(self) -> list[HunkLine]:
        return [line for line in self.lines if line.sign != "+"]

    @property
    def new(self) -> list[HunkLine]:
        return [line for line in self.lines if line.sign != "-"]

    @property
    def lost_signs(self) -> bool:
        """Whether a context line has no leading space, so that the others may have lost theirs too."""
        return any(line.sign == " " and line.written and line.written == line.text for line in self.lines)


ChangeKind = Literal["update", "create", "delete", "rename", "copy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileChange:
    """``old`` and ``new`` are names as in the answer, for example ``a/main.py``; they are the same unless a file is
    renamed or copied. ``prefixed``: they have the prefixes of git. ``ordered``: the hunks follow one another in the
    file."""

    kind: ChangeKind
    old: str
    new: str
    line: int
    hunks: tuple[Hunk, ...] = ()
    prefixed: bool = False
    ordered: bool = True

    @property
    def shown_name(self) -> str:
        return self.new.partition("/")[2] if self.prefixed else self.new


def refuse(path: str, what: str, *, line: int, hunk: Hunk | None = None) -> AnswerUnusable:
    """The error for a change that cannot be applied: names the file, the hunk and the line of the answer."""
    number = f", hunk {hunk.number}" if hunk else ""
    return AnswerUnusable(f"the patch does not apply: {clean(path, 200)}{number} (line {line} of the answer): {what}")


def quote(text: str) -> str:
    return f"'{clean(text, _SHOWN_CHARACTERS)}'"


def list_lines(numbers: Sequence[int], most: int = 4) -> str:
    """``3, 9 and 12``, or the first few of them."""
    shown = [str(number) for number in numbers[:most]]
    if len(numbers) > most:
        return f"{', '.join(shown)} and others"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
