"""Requests that show what would be sent to a model, without sending it."""

from __future__ import annotations

from typing import Any, ClassVar

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Data
from assay.contracts.models import Parameters
from assay.contracts.rpc.request import Request
from assay.contracts.rpc.runs import Quote
from assay.contracts.tasks import Limits


class PromptImage(Data, frozen=True, kw_only=True):
    """An image of a prompt, without its content. ``name`` is its path in the task."""

    name: str
    media_type: str
    size_bytes: int


class PromptMessage(Data, frozen=True, kw_only=True):
    role: str
    content: str
    images: tuple[PromptImage, ...] = ()


class Prompt(Data, frozen=True, kw_only=True):
    """``tools`` are the names of the tools offered in the request; ``note`` contains further explanations."""

    messages: tuple[PromptMessage, ...] = ()
    tools: tuple[str, ...] = ()
    note: str = ""
    truncated: bool = False


class PreviewPrompt(Request[Prompt], frozen=True, kw_only=True, tag="prompts.preview"):
    """Build the first messages of an attempt as a try would, without sending them."""

    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = Prompt
    public: ArtifactRef
    sample_id: str
    limits: Limits = Limits()
    parameters: Parameters = Parameters()


class AttemptPreview(Data, frozen=True, kw_only=True):
    """The prompt that each of ``models`` would receive in every repeat."""

    task_id: str
    sample_id: str
    models: tuple[str, ...]
    prompt: Prompt


class RunPreview(Data, frozen=True, kw_only=True):
    """The quote and the prompts of a run that is not submitted. ``more`` counts the prompts left out."""

    quote: Quote
    prompts: tuple[AttemptPreview, ...] = ()
    more: int = 0
