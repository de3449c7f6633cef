"""The protocol of every model under test, and its messages."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Literal, Protocol, runtime_checkable

from assay.contracts.codec import Data
from assay.contracts.models import Parameters, Usage
from assay.contracts.rpc import PromptImage

OnText = Callable[[str], None]
"""Called with each piece of the completion's text, or of its reasoning, as it arrives."""
OnWait = Callable[[str], Awaitable[None]]
"""Called with what the request waits for."""
READ_TIMEOUT_SECONDS = 600.0
"""Time without data after which a request times out. Long, because reasoning models send nothing while they think; the
attempt's wall-clock limit usually comes first."""


def ignore_text(text: str) -> None:
    """For callers that wait for the completion."""


class ToolCall(Data, frozen=True, kw_only=True):
    """A tool call of the model. ``arguments`` is what the model wrote, which should be JSON but may not be."""

    call_id: str
    name: str
    arguments: str


class Image(Data, frozen=True, kw_only=True):
    """An image that a model gets with a message. ``name`` is its path in the task, which models do not get."""

    media_type: str
    data: bytes
    name: str = ""

    @property
    def base64(self) -> str:
        return b64encode(self.data).decode()

    @property
    def data_url(self) -> str:
        return f"data:{self.media_type};base64,{self.base64}"

    @property
    def description(self) -> PromptImage:
        """The image without its content, to be shown and stored."""
        return PromptImage(name=self.name, media_type=self.media_type, size_bytes=len(self.data))


class ChatMessage(Data, frozen=True, kw_only=True, omit_defaults=True):
    """``images`` belong to role ``user`` and come before the text. ``tool_calls`` belong to role ``assistant``; role
    ``tool`` is the result of the call ``tool_call_id``.
    ``native`` is a message of the assistant as its provider sent it, and gets it back: it may hold signed reasoning."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    native: tuple[dict[str, Any], ...] | None = None


class ToolDefinition(Data, frozen=True, kw_only=True):
    """A tool that the model may call. ``arguments`` is the JSON schema of an object."""

    name: str
    description: str
    arguments: dict[str, Any]


class ModelRequest(Data, frozen=True, kw_only=True):
    """One request to a model: the conversation so far, and how to continue it."""

    messages: tuple[ChatMessage, ...]
    parameters: Parameters = Parameters()
    tools: tuple[ToolDefinition, ...] = ()

    @property
    def image_count(self) -> int:
        return sum(len(message.images) for message in self.messages)


class Completion(Data, frozen=True, kw_only=True):
    """The answer to one request.

    ``reasoning`` is what the model wrote before its answer; it is never graded. ``usage`` is None if the provider did
    not report it; ``truncated`` if more arrived than is kept. ``notes`` say in sentences what was ignored, removed or
    not sent. ``served_model`` is the model that answered, as the provider names it. ``native``: see ChatMessage."""

    text: str
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    finish_reason: str = ""
    refused: bool = False
    truncated: bool = False
    notes: tuple[str, ...] = ()
    served_model: str = ""
    native: tuple[dict[str, Any], ...] | None = None


@runtime_checkable
class LoadableModel(Protocol):
    """A model that may have to be loaded first, which can take minutes. They are not the attempt's."""

    def loaded(self, on_wait: OnWait) -> AbstractAsyncContextManager[None]:
        """Surrounds a request. Raises CallFailed if the model cannot be loaded."""
        ...


def loaded(model: Model, on_wait: OnWait) -> AbstractAsyncContextManager[None]:
    """Surrounds a request to any model."""
    return model.loaded(on_wait) if isinstance(model, LoadableModel) else nullcontext()


class Model(Protocol):
    """Makes exactly one request; services/runner/calls/model_caller.py retries."""

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        """``on_reasoning`` gets reasoning that the provider sends apart from the text. Raises CallFailed."""
        ...
