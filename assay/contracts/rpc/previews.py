"""Requests for what would be sent to a model, without sending it."""

from __future__ import annotations

from typing import Any, ClassVar

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Data
from assay.contracts.models import Parameters
from assay.contracts.rpc.request import Request
from assay.contracts.rpc.runs import Quote
from assay.contracts.tasks import Limits


class PromptMessage(Data, frozen=True, kw_only=True):
    role: str
    content: str


class Prompt(Data, frozen=True, kw_only=True):
    """``tools`` are the names of those offered in the request; ``note`` says what else there is to know."""

    messages: tuple[PromptMessage, ...] = ()
    tools: tuple[str, ...] = ()
    note: str = ""
    truncated: bool = False


class PreviewPrompt(Request[Prompt], frozen=True, kw_only=True, tag="prompts.preview"):
    """Make an attempt's first messages as a try would, and send them nowhere."""

    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = Prompt
    public: ArtifactRef
    sample_id: str
    limits: Limits = Limits()
    parameters: Parameters = Parameters()


class AttemptPreview(Data, frozen=True, kw_only=True):
    """What ``models`` would be sent, the same to each, in every repeat."""

    task_id: str
    sample_id: str
    models: tuple[str, ...]
    prompt: Prompt


class RunPreview(Data, frozen=True, kw_only=True):
    """A run that is not made: its quote, and its prompts, of which ``more`` are left out."""

    quote: Quote
    prompts: tuple[AttemptPreview, ...] = ()
    more: int = 0
