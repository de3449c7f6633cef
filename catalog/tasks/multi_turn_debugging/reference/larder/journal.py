"""Reads a journal: its entries in the order in which they are carried out."""

import re
from dataclasses import dataclass

from larder.errors import LarderError

HEADER = re.compile(r"larder ([12])")
PIECES = {"1": 12, "2": 1}


@dataclass(frozen=True)
class Entry:
    """One line. `pieces` is how many pieces one of its amounts means."""

    number: int
    action: str
    words: tuple
    pieces: int


def read(text):
    """The entries, ordered by their numbers."""
    stripped = (line.partition("#")[0].strip() for line in text.splitlines())
    lines = [line for line in stripped if line]
    if not lines:
        raise LarderError("the journal is empty")
    pieces = _pieces(lines[0])
    entries = [_entry(line, pieces) for line in lines[1:]]
    _refuse_repeated(entries)
    return sorted(entries, key=lambda entry: entry.number)


def _pieces(header):
    """How many pieces an amount means."""
    found = HEADER.fullmatch(header)
    if not found:
        raise LarderError(f"{header!r} is no header")
    return PIECES[found[1]]


def _entry(line, pieces):
    number, *words = line.split()
    if not re.fullmatch("[0-9]+", number):
        raise LarderError(f"{line!r} does not begin with a number")
    if not words:
        raise LarderError(f"entry {number} is empty")
    return Entry(int(number), words[0], tuple(words[1:]), pieces)


def _refuse_repeated(entries):
    seen = set()
    for entry in entries:
        if entry.number in seen:
            raise LarderError(f"there are two entries {entry.number}")
        seen.add(entry.number)
