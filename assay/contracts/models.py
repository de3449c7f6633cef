"""Models under test: what to ask for, what each request used, and the ways a request fails."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from assay.contracts.codec import Data
from assay.contracts.money import NanoUsd, Price

Count = Annotated[int, Meta(ge=0, le=2**53)]
ModelName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.:@/-]+)?$", max_length=200)]


BASELINES = ("oracle", "nop")
"""Names of the baselines: they call no model, and they alone may see a task's reference solution."""


class ToolCalls(StrEnum):
    """How a model calls tools."""

    NATIVE = "native"
    """As its API has it: definitions in the request, calls in the reply."""
    TEXT = "text"
    """As JSON in its text, for models whose API has no tools."""


class Parameters(Data, frozen=True, kw_only=True, omit_defaults=True):
    """Sampling parameters; what is None is left to the provider. ``extra`` goes into the request body as it is.
    ``tools`` is for solver ``agent`` alone; None is native."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    stream: bool = True
    tools: ToolCalls | None = None
    extra: dict[str, Any] = field(default_factory=dict[str, Any])


class ModelSpec(Data, frozen=True, kw_only=True):
    """``name`` is ``provider/model``, or one of the baselines ``oracle`` and ``nop``, or ``scripted/<file>``."""

    name: ModelName
    parameters: Parameters = Parameters()

    @property
    def provider(self) -> str:
        return self.name.partition("/")[0]


class Usage(Data, frozen=True, kw_only=True):
    """Tokens of one request or many. ``cached_tokens`` is part of input, ``reasoning_tokens`` part of output."""

    input_tokens: Count = 0
    cached_tokens: Count = 0
    output_tokens: Count = 0
    reasoning_tokens: Count = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


class CallFault(StrEnum):
    """Why a model request failed, told apart because each has another remedy."""

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    CONFIGURATION = "configuration"
    PROVIDER = "provider"


class Call(Data, frozen=True, kw_only=True):
    """One request to a model's API: the only thing that costs money. ``estimated`` costs were not reported. Where a try
    made more than a report can hold, its last call is the sum of so many ``requests``."""

    call_id: str
    model: str
    usage: Usage = Usage()
    cost_nanousd: NanoUsd = 0
    price_version: str = ""
    estimated: bool = False
    fault: CallFault | None = None
    retries: Count = 0
    latency_seconds: float = 0.0
    finish_reason: str = ""
    requests: Annotated[int, Meta(ge=1)] = 1


class ModelKind(StrEnum):
    """Where a model's answers come from."""

    BASELINE = "baseline"
    """``oracle`` and ``nop``: no model at all."""
    SCRIPTED = "scripted"
    LOCAL = "local"
    HOSTED = "hosted"


class ModelView(Data, frozen=True, kw_only=True):
    """A model a run can name. Others of a configured provider can be named too; these are the known ones."""

    name: str
    provider: str
    kind: ModelKind
    price: Price | None = None
    available: bool | None = None
    """Whether it answers; None when nobody has asked it (``POST /api/v1/models/test`` does)."""
