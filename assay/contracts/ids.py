"""Identifiers. Run ids sort by creation time. An attempt's id is its run's id plus its ordinal."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """26 lower-case characters of Crockford's base 32 (a ULID): 48 bits of milliseconds, then 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def attempt_id(run_id: str, ordinal: int) -> str:
    return f"{run_id}-{ordinal}"


def run_of(attempt: str) -> str:
    """The run an attempt's id belongs to."""
    return attempt.partition("-")[0]
