"""Models under test: parameters, token usage, calls and the ways a call fails."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from assay.contracts.codec import Data
from assay.contracts.money import NanoUsd, Price

Count = Annotated[int, Meta(ge=0, le=2**53)]
ModelName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.:@/-]+)?$", max_length=200)]


BASELINES = ("oracle", "nop")
"""Names of the baselines: they call no model, and they alone may see a task's reference solution."""
SCRIPTED = "scripted"
"""The provider of models with stored responses in the catalogue: ``scripted/<file>``."""


class ToolCalls(StrEnum):
    """How a model calls tools."""

    NATIVE = "native"
    """Through the provider's tool API: definitions in the request, calls in the reply."""
    TEXT = "text"
    """As JSON in the text, for models whose API has no tools."""


class ReasoningEffort(StrEnum):
    """How much a reasoning model thinks before it answers. Providers that have fewer levels get the nearest."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class Parameters(Data, frozen=True, kw_only=True, omit_defaults=True):
    """How a model answers; None means the provider's default. Parameters that a model does not accept are omitted,
    and the attempt says so. ``response_schema`` is the JSON schema that the answer must have. ``extra`` is added to the
    request body unchanged. ``tools`` applies only to solver ``agent``; None means native."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=1, le=1000)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: ReasoningEffort | None = None
    response_schema: dict[str, Any] | None = None
    stream: bool = True
    tools: ToolCalls | None = None
    extra: dict[str, Any] = field(default_factory=dict[str, Any])


class ModelSpec(Data, frozen=True, kw_only=True):
    """``name`` is ``provider/model``, a baseline (``oracle`` or ``nop``), or ``scripted/<file>``."""

    name: ModelName
    parameters: Parameters = Parameters()

    @property
    def provider(self) -> str:
        return self.name.partition("/")[0]


class Outage(Data, frozen=True, kw_only=True):
    """A runner holds back the requests to ``model``: it is unavailable, or asked for a pause that ends at ``until``."""

    model: ModelName
    reason: str
    """What is wrong, as a sentence without a period that names the model."""
    until: datetime | None = None


class Usage(Data, frozen=True, kw_only=True):
    """Tokens of one or more requests. ``input_tokens`` includes ``cached_tokens``, which were read from the provider's
    prompt cache, and ``cache_write_tokens``, which were written to it. ``output_tokens`` includes
    ``reasoning_tokens``."""

    input_tokens: Count = 0
    cached_tokens: Count = 0
    cache_write_tokens: Count = 0
    output_tokens: Count = 0
    reasoning_tokens: Count = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


class CallFault(StrEnum):
    """Why a model request failed. Each kind has a different remedy."""

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    AUTHENTICATION = "authentication"
    """No key, a wrong one, no permission or no credit."""
    CONFIGURATION = "configuration"
    """A wrong address, model name or parameter."""
    CONTENT_REFUSED = "content_refused"
    """The provider's filter rejected the prompt."""
    CONTEXT_LENGTH = "context_length"
    """The prompt is longer than the model's context."""
    PROVIDER = "provider"


NOT_SENT = " (not sent:"
"""Separates a refusal from why a request was not even sent, in the reasons of attempts."""
FAULT_REMEDIES = {
    CallFault.AUTHENTICATION: (
        "set the provider's key where the runner finds it (`assay up` also reads .env; start it again after a change), "
        "or check the key's permissions and credit at the provider"
    ),
    CallFault.CONFIGURATION: (
        "correct it in the runner's environment or in models.yaml (`assay up` also reads .env; start it again after a "
        "change)"
    ),
}
"""What users can do about the faults that only they can correct."""


class ModelProblem(Data, frozen=True, kw_only=True):
    """Why a model cannot be called, and what to do about it."""

    model: ModelName
    fault: CallFault
    reason: str
    remedy: str = ""


class StoppedModel(ModelProblem, frozen=True, kw_only=True):
    """A model that failed alike several times in a row in one run. ``at`` is when its last attempt failed."""

    at: datetime


class Call(Data, frozen=True, kw_only=True):
    """One request to a model's API: the only thing that costs money. ``estimated``: the provider did not report the
    usage. If a try made more requests than fit into a report, its last call sums up the remaining ``requests``.
    ``served_model`` is the model that answered, as the provider names it; ``first_token_seconds`` is when the first
    part of the answer or of its reasoning arrived."""

    call_id: str
    model: str
    served_model: str = ""
    usage: Usage = Usage()
    cost_nanousd: NanoUsd = 0
    price_version: str = ""
    estimated: bool = False
    fault: CallFault | None = None
    retries: Count = 0
    latency_seconds: float = 0.0
    first_token_seconds: float | None = None
    finish_reason: str = ""
    requests: Annotated[int, Meta(ge=1)] = 1


class ModelKind(StrEnum):
    """Where a model's answers come from."""

    BASELINE = "baseline"
    """``oracle`` and ``nop``, which call no model."""
    SCRIPTED = "scripted"
    LOCAL = "local"
    HOSTED = "hosted"


class Origin(StrEnum):
    """Where a provider is defined, and so where it is changed."""

    FILE = "file"
    """``models.yaml`` of the catalogue."""
    DATABASE = "database"
    """The ledger; change it with ``assay models``."""
    BUILTIN = "builtin"


class Capabilities(Data, frozen=True, kw_only=True):
    """What a model accepts and can do; None: unknown. Runs are refused only for what is known to be missing.
    ``context_tokens`` is the most that a prompt and its answer can have together."""

    vision: bool | None = None
    """It accepts images."""
    tools: bool | None = None
    """It calls tools through its API."""
    structured_output: bool | None = None
    """Its answer follows a JSON schema."""
    reasoning: bool | None = None
    context_tokens: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class ModelView(Data, frozen=True, kw_only=True):
    """A known model that a run can name. Runs can also name other models of a configured provider."""

    name: str
    provider: str
    kind: ModelKind
    origin: Origin = Origin.FILE
    title: str = ""
    parameters: Parameters = Parameters()
    """Its defaults, which a run's parameters override."""
    price: Price | None = None
    capabilities: Capabilities = Capabilities()
    available: bool | None = None
    """Whether the model answers. None until it is tested (``POST /api/v1/models/test``)."""
