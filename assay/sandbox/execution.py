"""A running command with its time limit and outputs, for every provider that talks to commands through pipes."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.errors import SandboxError
from assay.sandbox.pipes import OutputPipe, StdinPipe, sealed_file
from assay.sandbox.protocol import Command, CommandResult, Limit, ResourceUse

MAX_EXTENSIONS = 3
"""How often a command that lacks a CPU gets its wall limit again before it is killed."""


class Execution:
    """A SandboxProcess. The provider passes ``child_ends`` to the command as stdin, stdout and stderr, reports its
    end with ``finish`` or ``fail``, and kills it when ``kill`` is called."""

    def __init__(
        self,
        command: Command,
        spec: SandboxSpec,
        *,
        live: bool,
        kill: Callable[[], None],
        warning: str = "",
        starved: Callable[[float], Awaitable[bool]] | None = None,
    ) -> None:
        """``starved`` tells, for the seconds since the start, whether the command has lacked a CPU."""
        keep_bytes = self.keep_bytes = min(command.output_bytes or spec.output_bytes, spec.output_bytes)
        stdin, self._stdin_pipe = _stdin(command, live)
        stdout_host, stdout = os.pipe()
        stderr_host, stderr = os.pipe()
        self.child_ends = (stdin, stdout, stderr)
        self._stdout = OutputPipe(stdout_host, keep_bytes, line_mode=live)
        self._stderr = OutputPipe(stderr_host, keep_bytes, line_mode=False)
        self._kill, self._warning, self._is_starved = kill, warning, starved
        self._starved, self._extensions = False, 0
        self._expiry: asyncio.Task[None] | None = None
        self.used = ResourceUse()
        self._killed_by: Limit | None = None
        self._started_seconds = time.monotonic()
        loop = asyncio.get_running_loop()
        self._result: asyncio.Future[CommandResult] = loop.create_future()
        self._wall_seconds = min(command.timeout_seconds or spec.wall_seconds, spec.wall_seconds)
        self._deadline = loop.call_later(self._wall_seconds, self._expire)

    def close_child_ends(self) -> None:
        """To be called once the command has its ends of the pipes; otherwise the host would never see them close."""
        for descriptor in self.child_ends:
            os.close(descriptor)

    def _expire(self) -> None:
        if self._is_starved is None:
            self.kill_for(Limit.WALL)
        else:
            self._expiry = asyncio.ensure_future(self._extend_or_kill(self._is_starved))

    async def _extend_or_kill(self, is_starved: Callable[[float], Awaitable[bool]]) -> None:
        """On a busy host a command gets its wall limit again, some times."""
        starved = await is_starved(time.monotonic() - self._started_seconds)
        if self._result.done():
            return
        if starved and self._extensions < MAX_EXTENSIONS:
            self._extensions += 1
            self._deadline = asyncio.get_running_loop().call_later(self._wall_seconds, self._expire)
            return
        self._starved = starved
        self.kill_for(Limit.WALL)

    def kill_for(self, limit: Limit) -> None:
        """Kills the command because it exceeded the limit. If several limits are exceeded, the first one is
        reported."""
        self.record_limit(limit)
        self._kill()

    def record_limit(self, limit: Limit) -> None:
        if not self._result.done():
            self._killed_by = self._killed_by or limit

    def finish(self, exit_code: int, stdout_dropped_bytes: int = 0, stderr_dropped_bytes: int = 0) -> None:
        """The dropped bytes are those of which the pipes here know nothing."""
        if self._result.done():
            return
        duration_seconds = time.monotonic() - self._started_seconds
        if exit_code == -signal.SIGXCPU:
            self.record_limit(Limit.CPU)
        self._stdout.drain()
        self._stderr.drain()
        self._close()
        self._result.set_result(
            CommandResult(
                exit_code=exit_code,
                stdout_dropped_bytes=stdout_dropped_bytes,
                stderr_dropped_bytes=stderr_dropped_bytes,
                killed_by=self._killed_by,
                duration_seconds=duration_seconds,
                warning=self._warning,
                used=self.used,
                starved=self._starved and self._killed_by is Limit.WALL,
            )
        )

    def fail(self, error: SandboxError) -> None:
        """The sandbox died. If a limit was being enforced, the command counts as killed by it."""
        if self._killed_by:
            self.finish(-signal.SIGKILL)
        elif not self._result.done():
            self._close()
            self._result.set_exception(error)
            self._result.exception()

    async def write(self, data: bytes, *, last: bool = False) -> None:
        if self._stdin_pipe:
            await self._stdin_pipe.write(data, last=last)

    async def read_line(self, max_bytes: int = 1_000_000) -> bytes:
        return await self._stdout.read_line(max_bytes)

    async def wait(self) -> CommandResult:
        if not self._result.done():
            self._stdout.stop_reading_lines()
        result = await asyncio.shield(self._result)
        stdout, stdout_dropped_bytes = self._stdout.captured()
        stderr, stderr_dropped_bytes = self._stderr.captured()
        return replace(
            result,
            stdout=stdout,
            stderr=stderr,
            stdout_dropped_bytes=result.stdout_dropped_bytes + stdout_dropped_bytes,
            stderr_dropped_bytes=result.stderr_dropped_bytes + stderr_dropped_bytes,
        )

    async def kill(self) -> None:
        if not self._result.done():
            self._kill()
            await asyncio.wait([self._result])

    def _close(self) -> None:
        self._deadline.cancel()
        if self._expiry:
            self._expiry.cancel()
        self._stdout.close()
        self._stderr.close()
        if self._stdin_pipe:
            self._stdin_pipe.close()


def _stdin(command: Command, live: bool) -> tuple[int, StdinPipe | None]:
    """The command's stdin: empty, the given bytes, or a pipe that stays open."""
    if live:
        child_ends, host = os.pipe()
        return child_ends, StdinPipe(host)
    if command.stdin:
        return sealed_file(command.stdin, "stdin"), None
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), None
