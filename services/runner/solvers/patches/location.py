"""Where a hunk belongs in a file: the one search for all patch formats.

A hunk whose lines stand exactly where its line numbers say is taken at once, as `git apply` does. Otherwise all places
are considered at which its lines stand in the file: first exactly, then ignoring line endings, then trailing space,
then all differences in space. If there are several, the line numbers, the headings and the order of the hunks must
decide; a hunk is never placed by guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.runner.solvers.patches.changes import FileChange, Hunk, list_lines, quote, refuse
from services.runner.solvers.patches.file_lines import Exactness, FileLines, comparable
from services.runner.solvers.patches.headings import sections
from services.runner.solvers.patches.nearest import nearest_lines

_MAX_PLACES = 200
_CLEARLY_NEARER = 2
"""The line numbers decide if the second nearest place is more than this many times as far away."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """``start`` is an index into the file's lines. ``unsigned``: the context lines are read without a sign, since they
    lost it."""

    start: int
    exactness: Exactness
    unsigned: bool = False


class SearchBudget:
    """Bounds the characters compared for one answer, so that a hostile one cannot keep a process busy."""

    def __init__(self, characters: int = 200_000_000) -> None:
        self._left = characters

    def spend(self, characters: int) -> bool:
        """False once it is used up."""
        self._left -= characters
        return self._left >= 0


class HunkLocator:
    """Finds the places of one file's hunks in turn; ``lines`` changes in between. It remembers the end of the hunk
    before, how far the lines behind it have moved, and by how much its line number was wrong (``drift``)."""

    def __init__(self, path: str, change: FileChange, lines: FileLines, budget: SearchBudget) -> None:
        self._path, self._change, self._lines, self._budget = path, change, lines, budget
        self._end = self._shift = self._drift = 0

    def locate(self, hunk: Hunk) -> Place:
        """Raises AnswerUnusable if there is no place, or more than one."""
        place = self._find(hunk)
        expected = self._expected(hunk)
        self._drift = place.start - expected if expected is not None else 0
        self._shift += len(hunk.new) - len(hunk.old)
        self._end = place.start + len(hunk.new)
        return place

    def _expected(self, hunk: Hunk) -> int | None:
        """By its line number, corrected only by what the hunks before have added."""
        if hunk.start is None:
            return None
        return max(0, hunk.start - (1 if hunk.old else 0)) + self._shift

    def _find(self, hunk: Hunk) -> Place:
        if not hunk.old:
            return self._insertion(hunk)
        exact = [start for start in self._numbered_places(hunk) if self._stands_at(hunk, start, Exactness.BYTES)]
        if len(exact) == 1:
            return Place(start=exact[0], exactness=Exactness.BYTES)
        for exactness, unsigned in _readings(hunk):
            places = self._places(hunk, exactness, unsigned=unsigned)
            if places:
                return Place(start=self._choose(hunk, places, exactness), exactness=exactness, unsigned=unsigned)
        raise self._refuse(hunk, self._missing(hunk))

    def _insertion(self, hunk: Hunk) -> Place:
        """Lines are added without any context: at the given line, at the end, or into an empty file."""
        expected = self._expected(hunk)
        own_endings = not self._lines.texts or any(line.text.endswith("\r") for line in hunk.lines)
        exactness = Exactness.BYTES if own_endings else Exactness.LINE_ENDINGS
        if not self._lines.texts or hunk.at_end:
            return Place(start=len(self._lines.texts), exactness=exactness)
        if expected is None or not hunk.counted or expected > len(self._lines.texts):
            raise self._refuse(hunk, "it only adds lines and has no context, so its place is unknown")
        return Place(start=expected, exactness=exactness)

    def _numbered_places(self, hunk: Hunk) -> list[int]:
        """As the header says, and as it says if it is wrong by as much as the one before."""
        expected = self._expected(hunk)
        return [] if expected is None else sorted({expected, expected + self._drift})

    def _stands_at(self, hunk: Hunk, start: int, exactness: Exactness) -> bool:
        old = comparable([line.text for line in hunk.old], exactness)
        if not 0 <= start <= len(self._lines.texts) - len(old):
            return False
        at_end = start + len(old) == len(self._lines.texts)
        if exactness is Exactness.BYTES and hunk.old[-1].no_newline != (at_end and not self._lines.final_newline):
            return False
        return self._lines.keys(exactness, start, start + len(old)) == old

    def _places(self, hunk: Hunk, exactness: Exactness, *, unsigned: bool) -> list[int]:
        old = comparable([line.written if unsigned and line.sign == " " else line.text for line in hunk.old], exactness)
        text = "\n" + "\n".join(self._lines.keys(exactness)) + "\n"
        wanted = "\n" + "\n".join(old) + "\n"
        if not self._budget.spend(len(text) + len(wanted)):
            raise self._refuse(hunk, "the patch has too many hunks with wrong line numbers for a file of this size")
        places = list(_occurrences(text, wanted))
        at_end = [start for start in places if start + len(old) == len(self._lines.texts)]
        return at_end if at_end and (hunk.at_end or hunk.old[-1].no_newline) else places

    def _choose(self, hunk: Hunk, places: list[int], exactness: Exactness) -> int:
        numbered = self._numbered_places(hunk)
        at_number = [start for start in places if start in numbered]
        if len(at_number) == 1:
            return at_number[0]
        chosen = self._single(hunk, places)
        if chosen is None:
            numbers = list_lines([start + 1 for start in places])
            raise self._refuse(
                hunk, f"it fits at lines {numbers} equally well, and nothing in it decides which is meant"
            )
        if exactness < Exactness.TRAILING_SPACE:
            loose = [start for start in numbered if self._stands_at(hunk, start, Exactness.TRAILING_SPACE)]
            if any(start != chosen for start in loose):
                what = f"it fits at line {loose[0] + 1}, as it says, except for space, but exactly at line {chosen + 1}"
                raise self._refuse(hunk, what)
        return chosen

    def _single(self, hunk: Hunk, places: list[int]) -> int | None:
        if len(places) == 1:
            return places[0]
        if len(places) >= _MAX_PLACES:
            return None
        if hunk.headings:
            below = _below(places, sections(self._lines.texts, hunk.headings))
            if len(below) == 1:
                return below[0]
        after = [start for start in places if start >= self._end] if self._change.ordered and self._end else []
        if len(after) == 1:
            return after[0]
        return self._nearest(hunk, after or places)

    def _nearest(self, hunk: Hunk, places: list[int]) -> int | None:
        expected = self._expected(hunk)
        if expected is None:
            return None
        target = expected + self._drift
        first, second = sorted(places, key=lambda start: abs(start - target))[:2]
        return first if abs(second - target) > _CLEARLY_NEARER * abs(first - target) else None

    def _missing(self, hunk: Hunk) -> str:
        """Which line of the hunk is not in the file where the rest of it fits best."""
        old = [line.text.removesuffix("\r") for line in hunk.old]
        nearest = nearest_lines(self._lines.texts, old)
        if nearest is None:
            return f"its lines are not in the file; the first is {quote(next(filter(str.strip, old), ''))}"
        start, at = nearest
        if start + at >= len(self._lines.texts):
            return f"its line {quote(old[at])} would stand behind the end of the file"
        return (
            f"it has {quote(old[at])} where line {start + at + 1} of the file is {quote(self._lines.texts[start + at])}"
        )

    def _refuse(self, hunk: Hunk, what: str) -> Exception:
        return refuse(self._path, what, line=hunk.line, hunk=hunk)


def _readings(hunk: Hunk) -> Iterator[tuple[Exactness, bool]]:
    for exactness in Exactness:
        yield exactness, False
        if hunk.lost_signs and exactness is not Exactness.BYTES:
            yield exactness, True


def _below(places: list[int], found: list[range]) -> list[int]:
    """The places in the sections; if there is none, the first one after each."""
    inside = [start for start in places if any(start in section for section in found)]
    if inside or not found:
        return inside
    later = [start for start in places if start >= found[0].start]
    return later if len(found) == 1 else []


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    """The numbers of the lines, from 0, at which the lines in ``wanted`` stand; not more than _MAX_PLACES."""
    at = line = counted = 0
    for _ in range(_MAX_PLACES):
        at = text.find(wanted, at)
        if at < 0:
            return
        line += text.count("\n", counted, at)
        counted = at
        yield line
        at += 1
