"""What the gateway's routes stand on. ``__main__`` makes them; tests make others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from assay.artifacts import Area
from assay.bus.protocol import Bus
from assay.contracts.artifacts import ArtifactRef, Sha256
from assay.contracts.models import ModelView
from assay.contracts.runs import RunRequest
from assay.contracts.spending import ModelPrice
from assay.contracts.tasks import SuiteView, TaskView
from services.gateway.catalog_client import Chosen
from services.gateway.garbage_collection import Collector
from services.gateway.settings import Settings


class Store(Protocol):
    """One area of the artifact store."""

    async def put(self, data: bytes, media_type: str = ..., *, truncated: bool = ...) -> ArtifactRef: ...
    async def get(self, ref: ArtifactRef | Sha256) -> bytes: ...


class Names(Protocol):
    """The catalogue: what can be named in a run, and what a run request comes to."""

    async def tasks(self) -> Sequence[TaskView]: ...
    async def suites(self) -> Sequence[SuiteView]: ...
    async def models(self) -> Sequence[ModelView]: ...
    async def prices(self, as_of: str = ..., models: Sequence[str] | None = ...) -> Sequence[ModelPrice]: ...
    async def choose(self, request: RunRequest) -> Chosen:
        """Raises ProblemError naming every field that is wrong, its place and the near match."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    bus: Bus
    names: Names
    stores: Mapping[Area, Store]
    settings: Settings
    collector: Collector


Wired = NamedDependency[SkipValidation[Ports]]
"""Annotation of a route's ``ports`` parameter."""
