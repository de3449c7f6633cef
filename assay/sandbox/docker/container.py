"""One container, from creation to removal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.sandbox.docker.daemon import Daemon, ImageMissing
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted, SpecUnsupported

_END_SECONDS = 2.0
Body = Callable[[Daemon], dict[str, Any]]
"""Makes the body of the request that creates it."""


class Container:
    """A Launcher."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self.id = ""

    async def start(self, body: Body, folder: Path) -> None:
        """Pulls the image if it is missing."""
        try:
            await self._start(body, folder)
        except ImageMissing as missing:
            await self._daemon.fetch(str(missing))
            try:
                await self._start(body, folder)
            except ImageMissing as still_missing:
                raise SpecUnsupported(f"image {still_missing} is missing although it was pulled") from still_missing

    async def _start(self, body: Body, folder: Path) -> None:
        """Even if this is cancelled, it waits until the container's id is known, so that it can be removed."""
        creating = asyncio.ensure_future(self._daemon.call(self._create_and_start, body, folder))
        try:
            await asyncio.shield(creating)
        except asyncio.CancelledError:
            await asyncio.wait([creating])
            raise

    def diagnostics(self) -> str:
        return f"container {self.id[:12]} ended"

    def start_error(self) -> SandboxError:
        return SandboxNotStarted(f"container {self.id[:12]} ended before it was ready")

    async def connect_error(self) -> SandboxError:
        """Why init did not connect: its log says so, or the daemon mounts folders of another machine."""
        log = await self.logs()
        if log:
            return SandboxNotStarted(f"init failed in the container: {log[-500:]}")
        return ProviderUnavailable("the container cannot connect to this process: is the daemon on another machine?")

    async def logs(self) -> str:
        """The end of its log."""
        return await self._daemon.call(self._daemon.logs, self.id)

    def take_oom_kill(self) -> bool:
        """Always False: init reports the kernel's kills itself."""
        return False

    def kill(self) -> None:
        self._daemon.submit(self._daemon.kill, self.id)

    async def close(self) -> None:
        """Init exits by itself because the socket is closed. Killing it would make the daemon start the runtime once
        more."""
        if self.id:
            await asyncio.shield(self._daemon.call(self._wait_and_remove))

    async def remove(self) -> None:
        """Removes it in any state."""
        if self.id:
            await asyncio.shield(self._daemon.call(self._daemon.remove, self.id))

    def _wait_and_remove(self) -> None:
        self._daemon.wait_exit(self.id, _END_SECONDS)
        self._daemon.remove(self.id)

    def _create_and_start(self, body: Body, folder: Path) -> None:
        self.id = self._daemon.create(body(self._daemon), folder)
        self._daemon.start(self.id)
