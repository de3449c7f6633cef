"""What every model under test can do, wherever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from assay.contracts.codec import Data
from assay.contracts.models import Parameters, Usage

OnText = Callable[[str], None]
"""Hears the completion's text piece by piece, as it comes."""


class ChatMessage(Data, frozen=True, kw_only=True):
    role: Literal["system", "user", "assistant"]
    content: str


class Completion(Data, frozen=True, kw_only=True):
    """What one request gave. ``usage`` None: the provider did not say. ``truncated``: more came than was taken."""

    text: str
    usage: Usage | None = None
    finish_reason: str = ""
    refused: bool = False
    truncated: bool = False


class Model(Protocol):
    """Makes one request and no second one: trying again is the caller's (services/runner/calling.py)."""

    async def complete(self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText) -> Completion:
        """Raises CallFailed."""
        ...
