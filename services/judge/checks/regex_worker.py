"""Searches regular expressions in a child process, which is killed if it takes too long.

Python's ``re`` holds the GIL during a search, so neither a thread nor a task could be stopped. The child starts with
the first search and is reused until the kernel kills it for a search that used too much CPU time.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import structlog

from services.judge.errors import RegexWorkerUnavailable

_log = structlog.get_logger(__name__)
_CHILD = Path(__file__).with_name("regex_child.py")
_START_SECONDS = 30.0
_WALL_SECONDS = 60.0
"""Added to a search's CPU time."""


class SearchTooSlow(Exception):
    """The search exceeded its time limit."""


class RegexWorker:
    """A RegexSearch. One search at a time, each limited to ``cpu_seconds``; CPU time, so that the result does not
    depend on the load of the host."""

    def __init__(self, cpu_seconds: float = 1.0) -> None:
        self._cpu_seconds = cpu_seconds
        self._child: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def search(self, pattern: str, text: str) -> bool | None:
        try:
            return await self._request(pattern, text) is not None
        except SearchTooSlow:
            return None

    async def find(self, pattern: str, text: str) -> str | None:
        try:
            return await self._request(pattern, text)
        except SearchTooSlow:
            return None

    async def _request(self, pattern: str, text: str) -> str | None:
        async with self._lock:
            child = await self._running_child()
            try:
                async with asyncio.timeout(_WALL_SECONDS + self._cpu_seconds):
                    return await _request(child, pattern, text)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
                _log.info("judge.regex_timeout", error=repr(error))
                await self._kill()
                raise SearchTooSlow from error
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
                raise RegexWorkerUnavailable(
                    f"the child process for regular expressions does not start: {error!r}"
                ) from error
        return self._child

    async def _start(self) -> asyncio.subprocess.Process:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_CHILD), str(self._cpu_seconds)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        async with asyncio.timeout(_START_SECONDS):
            await _request(child, "", "")
        return child

    async def _kill(self) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()
            self._child = None


async def _request(child: asyncio.subprocess.Process, pattern: str, text: str) -> str | None:
    """What the pattern finds; None if nothing."""
    assert child.stdin is not None
    assert child.stdout is not None
    parts = [part.encode("utf-8", "surrogatepass") for part in (pattern, text)]
    child.stdin.write(b"".join(len(part).to_bytes(8, "big") for part in parts) + b"".join(parts))
    await child.stdin.drain()
    if await child.stdout.readexactly(1) == b"0":
        return None
    length = int.from_bytes(await child.stdout.readexactly(8), "big")
    return (await child.stdout.readexactly(length)).decode("utf-8", "surrogatepass")
