"""From the text of a journal to what is printed."""

from larder import journal
from larder.shelves import Shelves, carry_out


def stock(text):
    """What is on the shelves after all entries, without what there is nothing of."""
    shelves = Shelves()
    for entry in journal.read(text):
        carry_out(entry, shelves)
    left = {
        shelf: {item: amount for item, amount in items.items() if amount} for shelf, items in shelves.amounts.items()
    }
    return {shelf: items for shelf, items in left.items() if items}


def report(found):
    """The lines that are printed."""
    lines = [
        f"{shelf}: " + ", ".join(f"{item} {amount}" for item, amount in sorted(items.items()))
        for shelf, items in sorted(found.items())
    ]
    total = sum(sum(items.values()) for items in found.values())
    return [*lines, f"total {total}"]
