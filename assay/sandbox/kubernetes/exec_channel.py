"""A process in a container, connected through a websocket that a task of its own keeps open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress

import httpx2
from httpx2.websockets import AsyncWebSocketSession, HTTPXWSException

from assay.sandbox.errors import SandboxNotStarted
from assay.sandbox.kubernetes.cluster import Cluster

_STDIN, _STDOUT, _STDERR, _STATUS = range(4)
_CHUNK_BYTES = 30_000
"""Servers limit the size of a message."""
_STDERR_CHARACTERS = 2000
_CONNECT_ATTEMPTS, _PAUSE_SECONDS = 4, 0.5
_END_SECONDS = 5.0


class ExecChannel:
    """``on_output`` gets what the process writes to stdout. ``ended`` is done when the connection has ended, with the
    reason. What is sent waits in memory: the caller limits it."""

    def __init__(self, cluster: Cluster, pod: str, container: str, on_output: Callable[[bytes], None]) -> None:
        self._cluster, self._pod, self._container = cluster, pod, container
        self._on_output = on_output
        self._outgoing = bytearray()
        self._wake = asyncio.Event()
        self._errors = ""
        loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[str] = loop.create_future()
        self._task: asyncio.Task[None] | None = None

    async def open(self, argv: Sequence[str]) -> None:
        """Raises SandboxNotStarted. Repeated, because a kubelet may not yet know a container that has just started."""
        self._task = asyncio.create_task(self._run(argv))
        await asyncio.shield(self._opened)

    def send(self, data: bytes) -> None:
        self._outgoing += data
        self._wake.set()

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_END_SECONDS)

    async def _run(self, argv: Sequence[str]) -> None:
        problem = "closed"
        try:
            for attempt in range(1, _CONNECT_ATTEMPTS + 1):
                try:
                    problem = await self._connect(argv)
                    break
                except (httpx2.HTTPError, HTTPXWSException, OSError, ExceptionGroup) as error:
                    problem = f"{error!r}"
                    if self._opened.done() or attempt == _CONNECT_ATTEMPTS:
                        break
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
        finally:
            if not self._opened.done():
                self._opened.set_exception(
                    SandboxNotStarted(f"no process can be started in the container {self._container}: {problem}")
                )
                self._opened.exception()
            if not self.ended.done():
                self.ended.set_result(" ".join(filter(None, (problem, self._errors.strip()))))

    async def _connect(self, argv: Sequence[str]) -> str:
        async with self._cluster.exec(self._pod, self._container, argv, stdin=True) as websocket:
            if not self._opened.done():
                self._opened.set_result(None)
            sending = asyncio.create_task(self._send_all(websocket))
            try:
                return await self._receive_all(websocket)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _receive_all(self, websocket: AsyncWebSocketSession) -> str:
        """Returns why it ended."""
        while True:
            message = await websocket.receive_bytes()
            if not message:
                continue
            channel, data = message[0], message[1:]
            if channel == _STDOUT:
                self._on_output(data)
            elif channel == _STDERR:
                self._errors = (self._errors + data.decode("utf-8", "replace"))[-_STDERR_CHARACTERS:]
            elif channel == _STATUS:
                return status_message(data)

    async def _send_all(self, websocket: AsyncWebSocketSession) -> None:
        with suppress(httpx2.HTTPError, HTTPXWSException):  # the receiver notices too
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outgoing:
                    chunk = bytes(self._outgoing[:_CHUNK_BYTES])
                    del self._outgoing[:_CHUNK_BYTES]
                    await websocket.send_bytes(bytes((_STDIN,)) + chunk)


async def run_to_end(cluster: Cluster, pod: str, container: str, argv: Sequence[str]) -> int:
    """Runs a program without input and returns its exit code. Raises SandboxNotStarted."""
    try:
        async with cluster.exec(pod, container, argv, stdin=False) as websocket:
            while True:
                message = await websocket.receive_bytes()
                if message and message[0] == _STATUS:
                    return exit_code(message[1:])
    except (httpx2.HTTPError, HTTPXWSException, OSError, ExceptionGroup) as error:
        raise SandboxNotStarted(f"a program cannot be run in the container {container}: {error!r}") from error


def exit_code(status: bytes) -> int:
    """From the status at the end of an exec. A program that cannot be started counts as 127."""
    found = json.loads(status)
    if found.get("status") == "Success":
        return 0
    causes = (found.get("details") or {}).get("causes") or []
    codes = [int(cause["message"]) for cause in causes if cause.get("reason") == "ExitCode"]
    return codes[0] if codes else 127


def status_message(status: bytes) -> str:
    return str(json.loads(status).get("message") or "the process ended")
