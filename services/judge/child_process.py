"""A child process that computes on untrusted text, one request at a time, and is killed if it takes too long.

What holds the GIL cannot be stopped in a thread or a task. The child starts with the first request and is reused until
it dies, for example of a CPU time limit that it sets for itself. A request and its answer are each 8 bytes of length,
and that many bytes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_START_SECONDS = 30.0


class ChildEnded(Exception):
    """The child died or did not answer in time."""


class ChildUnavailable(Exception):
    """The child does not start."""


class ChildProcess:
    """Runs the Python file ``program``, which imports nothing of Assay and answers an empty request at its start."""

    def __init__(self, program: Path, arguments: Sequence[str], wall_seconds: float, *, packages: bool = False) -> None:
        """``wall_seconds`` limits each request; ``packages``: the program needs installed packages."""
        self._argv = (sys.executable, "-I", *(() if packages else ("-S",)), str(program), *arguments)
        self._wall_seconds = wall_seconds
        self._child: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def ask(self, request: bytes) -> bytes:
        """Raises ChildEnded or ChildUnavailable."""
        async with self._lock:
            child = await self._running_child()
            try:
                async with asyncio.timeout(self._wall_seconds):
                    return await _exchange(child, request)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
                await self._kill()
                raise ChildEnded(repr(error)) from error
            except asyncio.CancelledError:
                await self._kill()
                raise

    async def close(self) -> None:
        async with self._lock:
            await self._kill()

    async def _running_child(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            try:
                self._child = await self._start()
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                raise ChildUnavailable(repr(error)) from error
        return self._child

    async def _start(self) -> asyncio.subprocess.Process:
        child = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        async with asyncio.timeout(_START_SECONDS):
            await _exchange(child, b"")
        return child

    async def _kill(self) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()
            self._child = None


async def _exchange(child: asyncio.subprocess.Process, request: bytes) -> bytes:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(len(request).to_bytes(8, "big") + request)
    await child.stdin.drain()
    length = int.from_bytes(await child.stdout.readexactly(8), "big")
    return await child.stdout.readexactly(length)
