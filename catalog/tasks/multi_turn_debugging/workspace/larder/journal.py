"""Reads a journal: its entries in the order in which they are carried out."""

import re
from dataclasses import dataclass

from larder.errors import LarderError

HEADER = re.compile(r"larder ([12])")
PIECES = {"1": 12, "2": 1}


@dataclass(frozen=True)
class Entry:
    """One line. `pieces` is how many pieces one of its amounts means."""

    number: str
    action: str
    words: tuple
    pieces: int


def read(text):
    """The entries, ordered by their numbers."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    if not any(lines):
        raise LarderError("the journal is empty")
    pieces = _header(lines)
    entries = [_entry(line, pieces) for line in lines if line]
    _refuse_repeated(entries)
    return sorted(entries, key=lambda entry: entry.number)


def _header(lines):
    """How many pieces an amount means, from the first line that counts."""
    first = next((line for line in lines if line), "")
    found = HEADER.fullmatch(first)
    if not found:
        raise LarderError(f"{first!r} is no header")
    return PIECES[found[1]]


def _entry(line, pieces):
    number, *words = line.split()
    if not re.fullmatch("[0-9]+", number):
        raise LarderError(f"{line!r} does not begin with a number")
    if not words:
        raise LarderError(f"entry {number} is empty")
    return Entry(number, words[0], tuple(words[1:]), pieces)


def _refuse_repeated(entries):
    seen = set()
    for entry in entries:
        if entry.number in seen:
            raise LarderError(f"there are two entries {entry.number}")
        seen.add(entry.number)
