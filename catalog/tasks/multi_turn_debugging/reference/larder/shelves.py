"""The shelves, and what can be done to them."""

import re
from copy import deepcopy

from larder.errors import LarderError


class Shelves:
    """Amounts by shelf and item, and what they were at each mark."""

    def __init__(self):
        self.amounts = {}
        self.marks = {}

    def put(self, shelf, item, amount):
        items = self.amounts.setdefault(shelf, {})
        items[item] = items.get(item, 0) + amount

    def take(self, shelf, item, amount):
        items = self.amounts.get(shelf, {})
        if items.get(item, 0) < amount:
            raise LarderError(f"there are only {items.get(item, 0)} {item} on {shelf}")
        items[item] -= amount

    def move(self, shelf, other, item, amount):
        self.take(shelf, item, amount)
        self.put(other, item, amount)

    def mark(self, name):
        self.marks[name] = deepcopy(self.amounts)

    def back(self, name):
        if name not in self.marks:
            raise LarderError(f"there is no mark {name}")
        self.amounts = deepcopy(self.marks[name])


PLACES = {"put": 2, "take": 2, "move": 3, "mark": 1, "back": 1}
"""How many names each action has."""
COUNTING = {"put", "take", "move"}


def carry_out(entry, shelves):
    """Does to the shelves what the entry says."""
    places = PLACES.get(entry.action)
    if places is None:
        raise LarderError(f"entry {entry.number}: nobody knows how to {entry.action}")
    if len(entry.words) != places + (entry.action in COUNTING):
        raise LarderError(f"entry {entry.number}: wrong number of words")
    arguments = list(entry.words[:places])
    if entry.action in COUNTING:
        arguments.append(_amount(entry) * entry.pieces)
    try:
        getattr(shelves, entry.action)(*arguments)
    except LarderError as error:
        raise LarderError(f"entry {entry.number}: {error}") from None


def _amount(entry):
    text = entry.words[-1]
    if not re.fullmatch("[0-9]+", text) or int(text) == 0:
        raise LarderError(f"entry {entry.number}: {text!r} is no amount")
    return int(text)
