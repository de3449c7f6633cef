"""Requests about the services: their health and the models they can reach."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from assay.contracts.codec import Data
from assay.contracts.models import CallFault, ModelProblem, ModelSpec, Parameters, Usage
from assay.contracts.money import NanoUsd, Price
from assay.contracts.providers import Provider, ProviderId, ProviderKind
from assay.contracts.rpc.request import Request


class ServiceHealth(Data, frozen=True, kw_only=True):
    service: str
    ready: bool
    detail: str = ""
    trouble: str = ""
    """What currently delays work although the service is ready; empty if nothing does."""
    workers: dict[str, int] = field(default_factory=dict[str, int])
    """Live worker slots by stage."""


class GetHealth(Request[ServiceHealth], frozen=True, kw_only=True, tag="health"):
    """Get whether the ledger reaches Postgres, and the number of live worker slots."""

    reply: ClassVar[Any] = ServiceHealth


class ModelProbe(Data, frozen=True, kw_only=True):
    """The result of a short request to a model, which cost ``cost_nanousd`` at ``price``. ``tokens_per_second`` is the
    speed of the answer, from its first token on; None if it was too short to tell."""

    model: str
    ok: bool
    fault: CallFault | None = None
    message: str = ""
    latency_seconds: float = 0.0
    first_token_seconds: float | None = None
    tokens_per_second: float | None = None
    usage: Usage | None = None
    """None if the provider did not report it."""
    served_model: str = ""
    price: Price | None = None
    cost_nanousd: NanoUsd = 0


class TestModel(Request[ModelProbe], frozen=True, kw_only=True, tag="models.test"):
    """Ask a model for one word, using the runner's keys and network. ``provider`` is set if it is in the ledger,
    ``key_permit`` if the ledger stores its key."""

    __test__: ClassVar[bool] = False
    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = ModelProbe
    model: str
    parameters: Parameters = Parameters()
    provider: Provider | None = None
    price: Price | None = None
    key_permit: str = ""


class ModelProblems(Data, frozen=True, kw_only=True):
    problems: tuple[ModelProblem, ...] = ()


class CheckModels(Request[ModelProblems], frozen=True, kw_only=True, tag="models.check"):
    """Find the models that a runner cannot call, for lack of a key, an address or a library, or because they do not
    accept their parameters, without calling any. ``providers`` are those of the ledger, by id; ``stored_keys`` names
    the providers whose key the ledger stores."""

    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = ModelProblems
    models: tuple[ModelSpec, ...]
    providers: dict[ProviderId, Provider] = field(default_factory=dict[str, Provider])
    stored_keys: tuple[ProviderId, ...] = ()


class ModelEndpoint(Data, frozen=True, kw_only=True):
    """The OpenAI-compatible endpoint of a local model."""

    base_url: str
    model: str


MODEL_LOADING = "model_loading"
"""The code of the problem that tells to ask again: the model is not loaded yet."""


class ServeModel(Request[ModelEndpoint], frozen=True, kw_only=True, tag="models.serve"):
    """Load a local model unless it is loaded, and return its endpoint. ``kind`` is that of its provider. Models of kind
    ``transformers`` take long to load, so the reply is the problem ``model_loading`` meanwhile; they stay loaded while
    this is repeated."""

    service: ClassVar[str] = "modelhost"
    reply: ClassVar[Any] = ModelEndpoint
    model: str
    kind: ProviderKind = ProviderKind.EMBEDDED
