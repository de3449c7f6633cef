"""Text from runs, models and tasks, made safe to print."""

from __future__ import annotations


def printable(text: str, keep: str = "\n\t") -> str:
    """Replaces control and bidirectional-override characters, which could steer a terminal, by spaces."""
    return "".join(letter if letter.isprintable() or letter in keep else " " for letter in text)
