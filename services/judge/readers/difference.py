"""Shows where two texts differ."""

from __future__ import annotations

import difflib

_MAX_LINES = 2000
"""Of each side; the algorithm's time grows with their product."""


def difference(expected: str, submitted: str) -> str:
    """A unified diff from what was expected to what was submitted; empty if they are equal."""
    before, after = expected.splitlines()[:_MAX_LINES], submitted.splitlines()[:_MAX_LINES]
    return "\n".join(difflib.unified_diff(before, after, "expected", "submitted", lineterm=""))
