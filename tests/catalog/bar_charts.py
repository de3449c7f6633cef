"""Draws the bar charts of the task ``highest_bar`` as PNG files.

``python -m tests.catalog.bar_charts`` writes them into the catalogue.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

IMAGES = Path(__file__).parents[2] / "catalog/tasks/highest_bar/images"
CHARTS = {"clear": (40, 90, 160, 70), "close": (150, 144, 60, 138), "last": (100, 30, 120, 170)}
"""Heights of the bars in pixels, in the order of ``COLOURS``."""
COLOURS = {"red": (200, 40, 40), "green": (40, 150, 60), "blue": (40, 80, 200), "yellow": (230, 190, 30)}
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
WIDTH, HEIGHT, BAR, GAP, AXIS = 320, 200, 50, 24, 2
SIGNATURE = b"\x89PNG\r\n\x1a\n"

_Pixel = tuple[int, int, int]


def pixels(heights: tuple[int, ...]) -> bytes:
    """The rows of an image, each after the number of its filter, 0."""
    return b"".join(
        b"\0" + b"".join(bytes(_pixel(x, HEIGHT - 1 - y, heights)) for x in range(WIDTH)) for y in range(HEIGHT)
    )


def _pixel(x: int, above: int, heights: tuple[int, ...]) -> _Pixel:
    """``above`` is the distance from the bottom."""
    if above < AXIS:
        return BLACK
    number, offset = divmod(x - GAP // 2, BAR + GAP)
    if 0 <= number < len(heights) and offset < BAR and above < AXIS + heights[number]:
        return list(COLOURS.values())[number]
    return WHITE


def png(heights: tuple[int, ...]) -> bytes:
    """https://www.w3.org/TR/png-3/"""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = {b"IHDR": header, b"IDAT": zlib.compress(pixels(heights), 9), b"IEND": b""}
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts.items())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    for name, heights in CHARTS.items():
        (IMAGES / f"{name}.png").write_bytes(png(heights))


if __name__ == "__main__":
    main()
