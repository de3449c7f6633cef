"""The text after ``@@``: a line of the file, such as ``def area(self):``, below which the hunk belongs."""

from __future__ import annotations

from collections.abc import Sequence

_CUT_CHARACTERS = 12
"""git cuts headings off; a heading of at least this many characters may be the beginning of a line."""


def sections(texts: Sequence[str], headings: Sequence[str]) -> list[range]:
    """The indices of the lines that belong to the headings, each inside the one before; empty if one is not found. A
    section ends before the next line that is not indented deeper than its heading."""
    found = [range(len(texts))]
    for heading in headings:
        found = [section for outer in found for section in _inside(texts, heading.strip(), outer)]
    return found


def _inside(texts: Sequence[str], heading: str, outer: range) -> list[range]:
    stripped = [(at, texts[at].strip()) for at in outer]
    starts = [at for at, text in stripped if text == heading]
    if not starts and len(heading) >= _CUT_CHARACTERS:
        starts = [at for at, text in stripped if text.startswith(heading)]
    ends = _ends(texts, outer)
    return [range(start, ends[start]) for start in starts]


def _ends(texts: Sequence[str], outer: range) -> dict[int, int]:
    """For each line: the next nonblank one that is not indented deeper, except closing brackets."""
    ends: dict[int, int] = {}
    open_lines: list[tuple[int, int]] = []
    for at in outer:
        text = texts[at]
        stripped = text.lstrip()
        if not stripped:
            continue
        indent = len(text) - len(stripped)
        closing = 1 if stripped[0] in ")]}" else 0
        while open_lines and open_lines[-1][1] >= indent + closing:
            ends[open_lines.pop()[0]] = at
        open_lines.append((at, indent))
    return ends | {at: outer.stop for at, _ in open_lines}
