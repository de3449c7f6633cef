"""Tables that keep every word in one piece, so that ids and names can be copied whatever the terminal's width.

A table that does not fit is folded at spaces, in its columns of prose alone. If that is not enough, each row begins
with the leading columns that fit, and its other values follow on indented lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text

from assay.cli.display.output import cell_text, stdout, terminal_width

_GAP = "  "
_INDENT = "    "
_MIN_PROSE = 20
"""Columns of prose are not folded to fewer characters, unless they need no more."""


class Table:
    """Columns in ``numbers`` are right-aligned, those in ``prose`` can be folded."""

    def __init__(self, *columns: str, numbers: Sequence[str] = (), prose: Sequence[str] = (), title: str = "") -> None:
        self.title = title
        self._numbers = [name in numbers for name in columns]
        self._prose = [name in prose for name in columns]
        self._rows: list[list[str]] = [list(columns)]

    def add(self, *cells: object) -> None:
        """Cells are plain text; markup in them is not interpreted."""
        self._rows.append([cell_text(cell) for cell in cells])

    def lines(self, width: int | None) -> Iterator[str]:
        """The header, then the rows. None: one line per row, as long as it may be."""
        natural = [max(map(cell_len, column)) for column in zip(*self._rows, strict=True)]
        if width is None or _total(natural) <= width:
            yield from (self._line(row, natural) for row in self._rows)
        elif folded := self._fold(natural, width):
            for row in self._rows:
                parts = [wrapped(cell, limit) for cell, limit in zip(row, folded, strict=True)]
                yield from (self._line(line, folded) for line in zip_longest(*parts, fillvalue=""))
        else:
            yield from self._stacked(natural, width)

    def _fold(self, natural: Sequence[int], width: int) -> list[int]:
        """Widths that fit, taken from the widest columns of prose first; empty if there are none."""
        words = [max(_longest_word(cell) for cell in column) for column in zip(*self._rows, strict=True)]
        least = [
            max(word, min(full, _MIN_PROSE)) if prose else full
            for word, full, prose in zip(words, natural, self._prose, strict=True)
        ]
        widths = list(natural)
        while _total(widths) > width:
            place = max(range(len(widths)), key=lambda each: (widths[each] > least[each], widths[each]))
            if widths[place] <= least[place]:
                return []
            widths[place] -= 1
        return widths

    def _stacked(self, natural: Sequence[int], width: int) -> Iterator[str]:
        leading = max(count for count in range(1, len(natural) + 1) if count == 1 or _total(natural[:count]) <= width)
        names = self._rows[0]
        yield self._line(names[:leading], natural)
        for row in self._rows[1:]:
            yield self._line(row[:leading], natural)
            rest = zip(names[leading:], row[leading:], strict=True)
            values = [f"{name} {value}".strip() for name, value in rest if value]
            yield from (f"{_INDENT}{line}" for line in _joined(values, width - len(_INDENT)))

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        padded = (
            f"{_pad(cell, width)}{cell}" if number else f"{cell}{_pad(cell, width)}"
            for cell, width, number in zip(cells, widths, self._numbers, strict=False)
        )
        return _GAP.join(padded).rstrip()


def print_table(table: Table) -> None:
    """To stdout, as wide as the terminal; one line per row where there is none."""
    console = stdout()
    if table.title:
        console.print(Text(table.title, style="italic"), soft_wrap=True)
    lines = table.lines(terminal_width())
    console.print(Text(next(lines), style="bold"), soft_wrap=True)
    for line in lines:
        print(line)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of whole words, at least one; a word that is wider than ``width`` has a line of its own."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and cell_len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _joined(values: Sequence[str], width: int) -> Iterator[str]:
    """Lines of values; only a value that is wider than ``width`` is folded."""
    line = ""
    for value in values:
        longer = f"{line}; {value}" if line else value
        if line and cell_len(longer) >= width:
            yield f"{line};"
            longer = value
        *whole, line = wrapped(longer, width)
        yield from whole
    if line:
        yield line


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _pad(cell: str, width: int) -> str:
    return " " * (width - cell_len(cell))
