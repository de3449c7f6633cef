"""Keys are never told: providers like to repeat the one they refuse."""

from __future__ import annotations

import re
from typing import TypeVar

from services.runner.errors import CallFailed

E = TypeVar("E", bound=CallFailed)

HIDDEN = "[key]"
_SHORTEST = 6
"""Shorter ones are words, such as the one sent where no key is wanted."""
_BEGINNING = 8
"""So much of a key is enough to know it again where a message was cut off within it."""


class Secret:
    """A provider's key."""

    def __init__(self, key: str) -> None:
        whole, beginning = re.escape(key), re.escape(key[:_BEGINNING])
        self._pattern = re.compile(rf"{whole}|{beginning}[^\s\"'<>]*") if len(key) >= _SHORTEST else None

    def left_out(self, error: E) -> E:
        """The same error, its message without the key."""
        if self._pattern:
            error.args = tuple(self._pattern.sub(HIDDEN, str(argument)) for argument in error.args)
        return error
