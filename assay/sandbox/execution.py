"""One command under way, the same for every provider that runs it over pipes: its time limit, its outputs, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.errors import SandboxError
from assay.sandbox.pipes import Inlet, Outlet, sealed_file
from assay.sandbox.protocol import Command, CommandResult, Limit


class Execution:
    """A SandboxProcess. The provider hands ``child`` to the command, and says how it ended by ``ended`` or ``lost``;
    ``end`` is how the provider makes it end."""

    def __init__(
        self, command: Command, spec: SandboxSpec, *, live: bool, end: Callable[[], None], warning: str = ""
    ) -> None:
        keep_bytes = min(command.output_bytes or spec.output_bytes, spec.output_bytes)
        stdin, self._inlet = _stdin(command, live)
        stdout_host, stdout = os.pipe()
        stderr_host, stderr = os.pipe()
        self.child = (stdin, stdout, stderr)
        self._stdout = Outlet(stdout_host, keep_bytes, lines=live, flooded=self._flooded)
        self._stderr = Outlet(stderr_host, keep_bytes, lines=False, flooded=self._flooded)
        self._end, self._warning = end, warning
        self._killed_by: Limit | None = None
        self._started_seconds = time.monotonic()
        loop = asyncio.get_running_loop()
        self._result: asyncio.Future[CommandResult] = loop.create_future()
        seconds = min(command.timeout_seconds or spec.wall_seconds, spec.wall_seconds)
        self._deadline = loop.call_later(seconds, self.stop, Limit.WALL)

    def started(self) -> None:
        """The command has its ends of the pipes: the host's copies go, so that ends are noticed."""
        for descriptor in self.child:
            os.close(descriptor)

    def stop(self, limit: Limit) -> None:
        """Ends it for passing the limit; the first limit named is the one that counts."""
        self.blame(limit)
        self._end()

    def blame(self, limit: Limit) -> None:
        if not self._result.done():
            self._killed_by = self._killed_by or limit

    def ended(self, exit_code: int) -> None:
        if self._result.done():
            return
        duration_seconds = time.monotonic() - self._started_seconds
        if exit_code == -signal.SIGXCPU:
            self.blame(Limit.CPU)
        self._stdout.finish()
        self._stderr.finish()
        self._close()
        self._result.set_result(
            CommandResult(
                exit_code=exit_code,
                killed_by=self._killed_by,
                duration_seconds=duration_seconds,
                warning=self._warning,
            )
        )

    def lost(self, error: SandboxError) -> None:
        """The sandbox died under it. Where a limit was being enforced, that is how it ended all the same."""
        if self._killed_by:
            self.ended(-signal.SIGKILL)
        elif not self._result.done():
            self._close()
            self._result.set_exception(error)
            self._result.exception()

    async def write(self, data: bytes, *, last: bool = False) -> None:
        if self._inlet:
            await self._inlet.send(data, last=last)

    async def read_line(self, max_bytes: int = 1_000_000) -> bytes:
        return await self._stdout.line(max_bytes)

    async def wait(self) -> CommandResult:
        if not self._result.done():
            self._stdout.keep()
        result = await asyncio.shield(self._result)
        stdout, stdout_truncated = self._stdout.kept()
        stderr, stderr_truncated = self._stderr.kept()
        return replace(
            result,
            stdout=stdout,
            stderr=stderr,
            stdout_truncated=stdout_truncated,
            stderr_truncated=stderr_truncated,
        )

    async def kill(self) -> None:
        if not self._result.done():
            self._end()
            await asyncio.wait([self._result])

    def _flooded(self) -> None:
        self.stop(Limit.OUTPUT)

    def _close(self) -> None:
        self._deadline.cancel()
        self._stdout.close()
        self._stderr.close()
        if self._inlet:
            self._inlet.close()


def _stdin(command: Command, live: bool) -> tuple[int, Inlet | None]:
    """What the command reads: nothing, given bytes, or a pipe that stays open."""
    if live:
        child, host = os.pipe()
        return child, Inlet(host)
    if command.stdin:
        return sealed_file(command.stdin, "stdin"), None
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), None
