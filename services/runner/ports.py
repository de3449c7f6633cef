"""What the runner's handlers need of the world. ``__main__.py`` brings the real ones, tests bring others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from assay.contracts.models import ModelName
from assay.sandbox import SandboxProvider
from services.runner.calls.grant_budget import Grants
from services.runner.calls.model_caller import RETRYING, Retrying
from services.runner.models.registry import Served
from services.runner.tries.artifacts import Bundles, Store
from services.runner.tries.tail_writer import TailPort


class Models(Protocol):
    async def open(self, name: ModelName, task_id: str, sample_id: str) -> Served:
        """The model to ask about that sample. Raises CallMisconfigured."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    """``attempts`` and ``reference`` are areas of the artifact store; ``bundles`` reads the area ``public``."""

    worker_id: str
    bundles: Bundles
    reference: Store
    attempts: Store
    models: Models
    grants: Grants
    sandboxes: SandboxProvider
    tail: TailPort
    retrying: Retrying = RETRYING
    mcp_urls: tuple[str, ...] = ()
    """Where servers of tasks' tools may be asked."""
