"""One container, from its making to its removal, however far it came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.sandbox.docker.daemon import Daemon, ImageAbsent
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted, SpecUnsupported

_END_SECONDS = 2.0
Body = Callable[[Daemon], dict[str, Any]]
"""What it is to be like, in the daemon's words."""


class Container:
    """A Holder."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self.id = ""

    async def start(self, body: Body, folder: Path) -> None:
        """Its image is fetched where it is not here."""
        try:
            await self._start(body, folder)
        except ImageAbsent as absent:
            await self._daemon.fetch(str(absent))
            try:
                await self._start(body, folder)
            except ImageAbsent as still:
                raise SpecUnsupported(f"no image {still} here, though its registry gave it") from still

    async def _start(self, body: Body, folder: Path) -> None:
        """Even when cancelled it is known afterwards what was made, and so can be removed."""
        making = asyncio.ensure_future(self._daemon.ask(self._make, body, folder))
        try:
            await asyncio.shield(making)
        except asyncio.CancelledError:
            await asyncio.wait([making])
            raise

    def complaint(self) -> str:
        return f"container {self.id[:12]} ended"

    def refusal(self) -> SandboxError:
        return SandboxNotStarted(f"container {self.id[:12]} ended before it was ready")

    async def silence(self) -> SandboxError:
        """Why process 1 never came: for the log says so, or because the daemon mounts another machine's folders."""
        said = await self.said()
        if said:
            return SandboxNotStarted(f"the container's process 1 failed: {said[-500:]}")
        return ProviderUnavailable("the container cannot reach this process: is its daemon on another machine?")

    async def said(self) -> str:
        """The end of its log."""
        return await self._daemon.ask(self._daemon.says, self.id)

    def memory_killed(self) -> bool:
        """Never: its process 1 tells."""
        return False

    def kill(self) -> None:
        self._daemon.later(self._daemon.kill, self.id)

    async def close(self) -> None:
        """Nobody holds the line to its process 1 any more, so it ends by itself: for a kill the daemon would start its
        runtime once more."""
        if self.id:
            await asyncio.shield(self._daemon.ask(self._bury))

    async def remove(self) -> None:
        """Whatever it is doing."""
        if self.id:
            await asyncio.shield(self._daemon.ask(self._daemon.remove, self.id))

    def _bury(self) -> None:
        self._daemon.ended(self.id, _END_SECONDS)
        self._daemon.remove(self.id)

    def _make(self, body: Body, folder: Path) -> None:
        self.id = self._daemon.create(body(self._daemon), folder)
        self._daemon.start(self.id)
