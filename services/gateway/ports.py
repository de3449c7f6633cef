"""What the routes depend on; built in ``__main__``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from assay.artifacts import Area
from assay.bus.protocol import Bus
from assay.contracts.artifacts import ArtifactRef, Sha256
from services.gateway.catalog_client import CatalogClient
from services.gateway.garbage_collection import GarbageCollector
from services.gateway.settings import Settings


class Store(Protocol):
    """One area of the artifact store."""

    async def put(self, data: bytes, media_type: str = ..., *, truncated: bool = ...) -> ArtifactRef: ...
    async def get(self, ref: ArtifactRef | Sha256) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    bus: Bus
    catalog: CatalogClient
    stores: Mapping[Area, Store]
    settings: Settings
    garbage_collector: GarbageCollector


PortsDependency = NamedDependency[SkipValidation[Ports]]
"""The type of a route's ``ports`` parameter, injected by Litestar."""
