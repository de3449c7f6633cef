"""The lines of a part of an answer, with their numbers in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence


class TextLines:
    """``first`` is the number of the first line in the answer, from 1. ``fenced``: the part is what a fence encloses,
    so that prose in it is not expected. ``cut_off``: the answer ends inside the fence."""

    def __init__(self, texts: Sequence[str], first: int = 1, *, fenced: bool = False, cut_off: bool = False) -> None:
        self._texts, self._first = texts, first
        self.fenced, self.cut_off = fenced, cut_off
        self._nonblank: list[int] = []

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __getitem__(self, at: int) -> str:
        return self._texts[at]

    def get(self, at: int) -> str:
        """Empty behind the end."""
        return self._texts[at] if at < len(self._texts) else ""

    def number(self, at: int) -> int:
        return self._first + at

    def next_nonblank(self, at: int) -> int:
        """The index of the first line from ``at`` on that is not blank; the length if there is none."""
        if not self._nonblank:
            found = len(self._texts)
            self._nonblank = [found] * (found + 1)
            for index in range(found - 1, -1, -1):
                found = index if self._texts[index].strip() else found
                self._nonblank[index] = found
        return self._nonblank[min(at, len(self._texts))]

    def without_carriage_returns(self) -> TextLines:
        texts = [text.removesuffix("\r") for text in self._texts]
        return TextLines(texts, self._first, fenced=self.fenced, cut_off=self.cut_off)

    def part(self, start: int, end: int, blank: Collection[int] = (), *, cut_off: bool | None = None) -> TextLines:
        """Some of the lines, with the same numbers. Those at the indices ``blank`` are empty."""
        texts = ["" if at in blank else self._texts[at] for at in range(start, end)]
        cut_off = self.cut_off if cut_off is None else cut_off
        return TextLines(texts, self._first + start, fenced=self.fenced, cut_off=cut_off)
