"""The result of one test, as a framework reports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """``outcome`` is that of pytest: passed, failed or skipped. ``error`` has nothing of the test's own text."""

    name: str
    outcome: str
    error: str = ""
    seconds: float = 0.0


def crashed(code: int) -> str:
    """What to report of a test program that reported nothing itself."""
    return f"the test ended with exit code {code}"
