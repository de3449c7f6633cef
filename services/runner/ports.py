"""What the handlers need from outside. ``__main__.py`` wires the real ports, tests wire fakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from assay.contracts.models import ModelName
from assay.contracts.providers import Provider
from assay.sandbox import SandboxProvider
from services.runner.calls.grant_budget import Grants
from services.runner.models.keys.stored_keys import NO_ACCESS, KeyAccess
from services.runner.models.open_provider import ModelHandle
from services.runner.task_bundles import BundleCache
from services.runner.tries.artifacts import Store
from services.runner.tries.tail_buffer import TailBuffers
from services.runner.tries.tail_writer import TailPort


class Models(Protocol):
    async def open(
        self,
        name: ModelName,
        task_id: str,
        sample_id: str,
        provider: Provider | None = None,
        access: KeyAccess = NO_ACCESS,
    ) -> ModelHandle:
        """The model to ask about that sample. ``provider`` is the model's, if it is not in the catalogue; ``access``
        opens a stored key. Raises CallMisconfigured."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    """``attempts`` and ``reference`` are areas of the artifact store; ``bundles`` reads the area ``public``."""

    worker_id: str
    bundles: BundleCache
    reference: Store
    attempts: Store
    models: Models
    grants: Grants
    sandboxes: SandboxProvider
    tail: TailPort
    tail_buffers: TailBuffers = field(default_factory=TailBuffers)
    mcp_urls: tuple[str, ...] = ()
    """URL prefixes under which tasks' MCP servers may be called."""
