"""Keeps provider keys out of error messages: providers often repeat the key that they reject."""

from __future__ import annotations

import re
from typing import TypeVar

from services.runner.errors import CallFailed

E = TypeVar("E", bound=CallFailed)

REPLACEMENT = "[key]"
_MIN_CHARACTERS = 6
"""Shorter keys are ordinary words, such as the placeholder for endpoints without keys."""
_PREFIX_CHARACTERS = 8
"""Identifies a key that was cut off by the end of the message."""


class KeyRedactor:
    def __init__(self, key: str) -> None:
        whole, prefix = re.escape(key), re.escape(key[:_PREFIX_CHARACTERS])
        self._pattern = re.compile(rf"{whole}|{prefix}[^\s\"'<>]*") if len(key) >= _MIN_CHARACTERS else None

    def redact(self, error: E) -> E:
        """Removes the key from the error's message, and returns the error."""
        if self._pattern:
            error.args = tuple(self._pattern.sub(REPLACEMENT, str(argument)) for argument in error.args)
        return error
