"""Mutable arguments of a call are passed by value, and the callee's changes to them are sent back."""

from __future__ import annotations

from operator import is_
from typing import Any

from .codec import MAPPINGS, SEQUENCES, Decoder, Encoder, Malformed, Memo

Snapshot = list[tuple[Any, ...]]


def snapshot(memo: Memo) -> Snapshot:
    return [_contents(item) for item in memo.items]


def encode_changes(memo: Memo, before: Snapshot, encoder: Encoder) -> list[Any]:
    """``[number, contents]`` for each changed argument; elements are compared by identity."""
    changed = [
        (number, item)
        for number, (item, old) in enumerate(zip(memo.items, before, strict=False))
        if not _unchanged(_contents(item), old)
    ]
    return [[number, encoder.contents(item)] for number, item in changed]


def apply_changes(changed: Any, memo: Memo, count: int, decoder: Decoder) -> None:
    """Applies the other side's changes to the first ``count`` containers."""
    if type(changed) is not list:
        raise Malformed("not a list of changes")
    for change in changed:
        if type(change) is not list or len(change) != 2 or type(change[0]) is not int or type(change[1]) is not list:
            raise Malformed("not a change")
        if not 0 <= change[0] < count:
            raise Malformed("a change to something that is not an argument")
        decoder.refill(memo.items[change[0]], change[1])


def _contents(item: Any) -> tuple[Any, ...]:
    if type(item) is bytearray:
        return (bytes(item),)
    if type(item) in MAPPINGS:
        return tuple(part for pair in item.items() for part in pair)
    return tuple(item) if type(item) in SEQUENCES else tuple(sorted(item, key=id))


def _unchanged(new: tuple[Any, ...], old: tuple[Any, ...]) -> bool:
    if len(new) == 1 and type(new[0]) is bytes:
        return new == old
    return len(new) == len(old) and all(map(is_, new, old))
