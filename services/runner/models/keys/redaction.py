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
_GOOGLE_LOGIN = r"ya29\.[\w.-]*"
"""An access token of Google Cloud. It is replaced hourly, so it cannot be known."""


class KeyRedactor:
    def __init__(self, *keys: str) -> None:
        patterns = [_key_pattern(key) for key in keys if len(key) >= _MIN_CHARACTERS]
        self._pattern = re.compile("|".join((*patterns, _GOOGLE_LOGIN)))

    def redact(self, error: E) -> E:
        """Removes the keys from the error's message, and returns the error."""
        error.args = tuple(self._pattern.sub(REPLACEMENT, str(argument)) for argument in error.args)
        return error


def _key_pattern(key: str) -> str:
    return rf"{re.escape(key)}|{re.escape(key[:_PREFIX_CHARACTERS])}[^\s\"'<>]*"
