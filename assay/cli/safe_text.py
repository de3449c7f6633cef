"""Texts of runs, models and tasks, made safe to show."""

from __future__ import annotations


def printable(text: str, keep: str = "\n\t") -> str:
    """Without what could steer a terminal or reverse the reading: control characters become spaces."""
    return "".join(letter if letter.isprintable() or letter in keep else " " for letter in text)
