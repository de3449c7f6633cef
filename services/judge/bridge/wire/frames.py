"""Frames: one line of JSON each."""

from __future__ import annotations

import json
from typing import Any

from .codec import Malformed


def dump(frame: list[Any]) -> bytes:
    return json.dumps(frame, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def load(line: bytes) -> list[Any]:
    """Raises Malformed for anything else than a frame."""
    try:
        frame = _decoder.decode(line.decode("ascii"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise Malformed(f"not a frame: {type(error).__name__}") from error
    if type(frame) is not list or not frame:
        raise Malformed("not a frame")
    return frame


def _refuse(word: str) -> Any:
    raise ValueError(word)


_decoder = json.JSONDecoder(parse_constant=_refuse)
