"""What every model under test can do, wherever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from assay.contracts.codec import Data
from assay.contracts.models import Parameters, Usage

OnText = Callable[[str], None]
"""Hears the completion's text piece by piece, as it comes."""
SILENCE_SECONDS = 600.0
"""Nothing for so long is a time-out. Long, for reasoning models say nothing while they think; an attempt's own wall
limit is mostly reached first."""


class ToolCall(Data, frozen=True, kw_only=True):
    """A tool the model wants used. ``arguments`` is JSON as the model wrote it, which may be none."""

    call_id: str
    name: str
    arguments: str


class ChatMessage(Data, frozen=True, kw_only=True, omit_defaults=True):
    """``tool_calls`` are those of an assistant's message; role ``tool`` is the result of the call ``tool_call_id``."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class Completion(Data, frozen=True, kw_only=True):
    """What one request gave. ``usage`` None: the provider did not say. ``truncated``: more came than was taken."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    finish_reason: str = ""
    refused: bool = False
    truncated: bool = False


class Model(Protocol):
    """Makes exactly one request; services/runner/calls/model_caller.py retries. Tools are passed in the parameters
    (services/runner/models/tools.py)."""

    async def complete(self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText) -> Completion:
        """Raises CallFailed."""
        ...
