"""Requests about the services themselves: health, and the models that they reach."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from assay.contracts.codec import Data
from assay.contracts.models import CallFault
from assay.contracts.rpc.request import Request


class ServiceHealth(Data, frozen=True, kw_only=True):
    service: str
    ready: bool
    detail: str = ""
    trouble: str = ""
    """What holds up work now, though the service is ready; empty: nothing."""
    workers: dict[str, int] = field(default_factory=dict[str, int])
    """Live worker slots by stage."""


class GetHealth(Request[ServiceHealth], frozen=True, kw_only=True, tag="health"):
    """Whether the ledger reaches Postgres, and which workers are alive."""

    reply: ClassVar[Any] = ServiceHealth


class ModelProbe(Data, frozen=True, kw_only=True):
    """What a short real request to a model gave."""

    model: str
    ok: bool
    fault: CallFault | None = None
    message: str = ""
    latency_seconds: float = 0.0


class TestModel(Request[ModelProbe], frozen=True, kw_only=True, tag="models.test"):
    """Ask the model for one word, with the runner's own keys and network."""

    __test__: ClassVar[bool] = False
    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = ModelProbe
    model: str


class ModelEndpoint(Data, frozen=True, kw_only=True):
    """Where a local model answers, in OpenAI's dialect."""

    base_url: str
    model: str


class ServeModel(Request[ModelEndpoint], frozen=True, kw_only=True, tag="models.serve"):
    """Load the local model unless it is loaded already, and say where it is."""

    service: ClassVar[str] = "modelhost"
    reply: ClassVar[Any] = ModelEndpoint
    model: str
