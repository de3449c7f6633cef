"""Draws the marked-up sketches of the tasks ``ui_*`` as PNG files.

``python -m tests.catalog.ui_sketches`` writes them into the catalogue.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

TASKS = Path(__file__).parents[2] / "catalog/tasks"
WHITE, BLACK, GREY, PALE = (255, 255, 255), (20, 20, 20), (150, 150, 150), (236, 236, 236)
RED, GREEN, BLUE = (205, 30, 30), (20, 135, 60), (30, 70, 205)
ROSE, SKY, SAND = (250, 200, 200), (195, 215, 250), (245, 230, 180)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-/* "
GLYPHS = (
    "69f99e9e9e78887e999ef8e8ff8e8878b9799f99e444e111969aca98888f9ff999dfb969996e9e88699b7e9ea97861ee444499996"
    "aaaa499ff999699aa444f124f699964c44ee168fe161e99f11f8e1e68e96f12446969669716000040404000e001124804e4a00000"
)
"""Five rows of four pixels for each character, as hexadecimal digits."""
FONT = {character: GLYPHS[5 * place : 5 * place + 5] for place, character in enumerate(CHARACTERS)}
ADVANCE = 5
"""Pixels from one character to the next."""

_Colour = tuple[int, int, int]


class Sketch:
    """A picture in the making; all places are in pixels from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [[WHITE] * width for _ in range(height)]

    def box(self, x: int, y: int, width: int, height: int, edge: _Colour = BLACK, fill: _Colour | None = None) -> None:
        for row in range(y, y + height):
            for column in range(x, x + width):
                on_edge = row in (y, y + height - 1) or column in (x, x + width - 1)
                if on_edge or fill is not None:
                    self._dot(column, row, edge if on_edge or fill is None else fill)

    def line(self, start: tuple[int, int], end: tuple[int, int], colour: _Colour, thickness: int = 3) -> None:
        (x, y), (to_x, to_y) = start, end
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(steps + 1):
            column, row = x + (to_x - x) * step // steps, y + (to_y - y) * step // steps
            for offset in range(thickness**2):
                self._dot(column + offset % thickness - 1, row + offset // thickness - 1, colour)

    def text(self, x: int, y: int, words: str, colour: _Colour = BLACK, size: int = 2) -> None:
        for place, character in enumerate(words):
            for row, bits in enumerate(FONT[character]):
                for column in range(4):
                    if int(bits, 16) >> (3 - column) & 1:
                        left, top = x + (place * ADVANCE + column) * size, y + row * size
                        self.box(left, top, size, size, colour, colour)

    def arrow(self, *places: tuple[int, int]) -> None:
        """Moves something along the places."""
        for start, end in pairwise(places):
            self.line(start, end, BLUE)
        (from_x, from_y), (x, y) = places[-2:]
        back_x, back_y = _sign(from_x - x) * 9, _sign(from_y - y) * 9
        for side in (-1, 1):
            self.line((x, y), (x + (back_x or side * 7), y + (back_y or side * 7)), BLUE)

    def cross(self, x: int, y: int, width: int, height: int) -> None:
        """Takes something away."""
        self.line((x, y), (x + width, y + height), RED)
        self.line((x, y + height), (x + width, y), RED)

    def new(self, x: int, y: int, words: str, width: int = 0) -> None:
        """Adds something."""
        width = width or text_width(words) + 14
        self.box(x, y, width, 22, GREEN, WHITE)
        self.box(x + 1, y + 1, width - 2, 20, GREEN)
        self.text(x + 7, y + 6, words, GREEN)

    def number(self, x: int, y: int, number: int) -> None:
        """The mark by which the instructions name a change."""
        self.box(x, y, 18, 18, BLACK, BLACK)
        self.text(x + 5, y + 4, str(number), WHITE)

    def png(self) -> bytes:
        """https://www.w3.org/TR/png-3/"""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        pixels = b"".join(b"\0" + b"".join(map(bytes, row)) for row in self._rows)
        parts = {b"IHDR": header, b"IDAT": zlib.compress(pixels, 9), b"IEND": b""}
        return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts.items())

    def _dot(self, x: int, y: int, colour: _Colour) -> None:
        if 0 <= x < self.width and 0 <= y < self.height:
            self._rows[y][x] = colour


def text_width(words: str, size: int = 2) -> int:
    return (len(words) * ADVANCE - 1) * size


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def price_table() -> Sketch:
    sketch = Sketch(560, 300)
    rows = ("", "TEAM", "SOLO", "FIRM"), ("PRICE", "19 EUR", "9 EUR", "45 EUR"), ("PROJECTS", "20", "3", "200")
    rows += ("FAX", "NO", "NO", "YES"), ("STORAGE", "50 GB", "5 GB", "900 GB")
    for number, cells in enumerate(rows):
        for column, words in enumerate(cells):
            sketch.box(30 + column * 120, 60 + number * 36, 121, 37, GREY, PALE if number == 0 else WHITE)
            sketch.text(42 + column * 120, 73 + number * 36, words)
    sketch.arrow((210, 62), (210, 38), (390, 38), (390, 58))
    sketch.number(290, 18, 1)
    sketch.cross(34, 174, 472, 24)
    sketch.number(518, 177, 2)
    sketch.new(398, 12, "POPULAR")
    sketch.line((440, 34), (440, 58), GREEN)
    sketch.number(490, 14, 3)
    sketch.line((400, 112), (474, 112), RED)
    sketch.new(446, 100, "49 EUR")
    sketch.number(530, 102, 4)
    sketch.new(30, 250, "TRIAL", 120)
    for x, words in ((150, "30 DAYS"), (270, "14 DAYS"), (390, "60 DAYS")):
        sketch.new(x, 250, words, 121)
    sketch.number(518, 252, 5)
    return sketch


def course_form() -> Sketch:
    sketch = Sketch(480, 330)
    for y, words in ((30, "NAME"), (182, "E-MAIL")):
        sketch.text(30, y, words)
        sketch.box(30, y + 18, 260, 26, GREY)
    sketch.text(30 + text_width("NAME") + 6, 30, "*", GREEN, 3)
    sketch.number(110, 26, 1)
    sketch.new(30, 94, "DAY", 60)
    sketch.text(96, 97, "*", GREEN, 3)
    sketch.box(30, 122, 260, 26, GREEN)
    sketch.text(40, 130, "- / FRI / SAT / SUN", GREEN)
    sketch.number(300, 126, 2)
    sketch.box(30, 246, 90, 30, BLACK, PALE)
    sketch.text(44, 256, "SEND")
    sketch.line((36, 260), (112, 260), RED)
    sketch.new(130, 250, "JOIN")
    sketch.number(190, 252, 3)
    sketch.new(30, 290, "PLACES LEFT: 3")
    sketch.number(190, 292, 4)
    return sketch


def task_board() -> Sketch:
    sketch = Sketch(600, 300)
    columns = {"TODO": ("FIX SEARCH", "OLD LOGO", "NEW FONTS"), "DOING": ("MAIL TEXT",), "DONE": ("IMPRINT",)}
    for (name, cards), x in zip(columns.items(), (20, 170, 450), strict=True):
        sketch.box(x, 50, 130, 220, GREY, PALE)
        sketch.text(x + 10, 62, name)
        for number, words in enumerate(cards):
            sketch.box(x + 8, 90 + number * 44, 114, 32, BLACK, WHITE)
            sketch.text(x + 14, 101 + number * 44, words)
    for x, limit in ((118, "4"), (268, "2")):
        sketch.new(x, 56, limit)
    sketch.number(96, 58, 1)
    sketch.number(246, 58, 1)
    sketch.cross(30, 136, 110, 28)
    sketch.number(151, 141, 2)
    sketch.arrow((86, 88), (86, 30), (237, 30), (237, 86))
    sketch.number(146, 10, 3)
    sketch.box(318, 50, 114, 220, GREEN)
    sketch.box(319, 51, 112, 218, GREEN)
    sketch.text(328, 62, "REVIEW", GREEN)
    sketch.new(402, 56, "1")
    sketch.number(364, 150, 4)
    return sketch


def seat_map() -> Sketch:
    sketch = Sketch(520, 240)
    taken = {"A3", "B1", "B6", "C4", "D2", "D3"}
    for number, row in enumerate("ABCD"):
        sketch.text(22, 52 + number * 48, row, BLACK, 3)
        for seat in range(1, 7):
            x, y = 10 + seat * 44 + (30 if seat > 3 else 0), 40 + number * 48
            fill = ROSE if row == "A" or (row == "B" and seat in (3, 4)) else SAND if row == "D" else SKY
            sketch.box(x, y, 36, 36, BLACK, fill)
            sketch.text(x + 14, y + 13, str(seat))
            if f"{row}{seat}" in taken:
                sketch.cross(x + 3, y + 3, 30, 30)
    sketch.number(100, 14, 1)
    sketch.text(364, 44, "PRICES")
    for number, (fill, price) in enumerate(((ROSE, "34 EUR"), (SKY, "26 EUR"), (SAND, "18 EUR"))):
        sketch.box(364, 64 + number * 30, 24, 24, BLACK, fill)
        sketch.text(398, 71 + number * 30, price)
    sketch.number(434, 40, 2)
    sketch.new(364, 176, "AT MOST 5")
    sketch.number(484, 178, 3)
    return sketch


SKETCHES: dict[str, Callable[[], Sketch]] = {
    "ui_price_table": price_table,
    "ui_course_form": course_form,
    "ui_task_board": task_board,
    "ui_seat_map": seat_map,
}
"""By task."""


def main() -> None:
    for task, draw in SKETCHES.items():
        file = TASKS / task / "images/sketch.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(draw().png())


if __name__ == "__main__":
    main()
