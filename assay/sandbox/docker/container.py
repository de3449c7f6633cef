"""One container, from its making to its removal, however far it came."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted


class Container:
    """A Holder."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._id = ""

    async def start(self, spec: SandboxSpec, image: str, binds: Sequence[tuple[Path, str]], folder: Path) -> None:
        """Even when cancelled it is known afterwards what was made, and so can be removed."""
        making = asyncio.ensure_future(self._daemon.ask(self._make, spec, image, binds, folder))
        try:
            await asyncio.shield(making)
        except asyncio.CancelledError:
            await asyncio.wait([making])
            raise

    def complaint(self) -> str:
        return f"container {self._id[:12]} ended"

    def refusal(self) -> SandboxError:
        return SandboxNotStarted(f"container {self._id[:12]} ended before it was ready")

    async def silence(self) -> SandboxError:
        """Why process 1 never came: for the log says so, or because the daemon mounts another machine's folders."""
        said = await self._daemon.ask(self._daemon.says, self._id)
        if said:
            return SandboxNotStarted(f"the container's process 1 failed: {said[-500:]}")
        return ProviderUnavailable("the container cannot reach this process: is its daemon on another machine?")

    def memory_killed(self) -> bool:
        """Never: its process 1 tells."""
        return False

    def kill(self) -> None:
        self._daemon.later(self._daemon.kill, self._id)

    async def close(self) -> None:
        if self._id:
            await asyncio.shield(self._daemon.ask(self._daemon.remove, self._id))

    def _make(self, spec: SandboxSpec, image: str, binds: Sequence[tuple[Path, str]], folder: Path) -> None:
        self._id = self._daemon.create(spec, image, binds, folder)
        self._daemon.start(self._id)
