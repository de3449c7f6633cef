"""How a server is reached: by the pipes of a process in the sandbox, or by HTTP from this runner."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Protocol

import httpx2

from assay.sandbox import LineTooLong, SandboxProcess
from services.runner.solvers.agent.mcp.messages import PROTOCOL
from services.runner.text import clean

MAX_MESSAGE_BYTES = 4_000_000
_CONNECT_SECONDS = 5.0
_STREAM = "text/event-stream"


class ServerGone(Exception):
    """It has ended, or cannot be reached any more."""


class Link(Protocol):
    def exchange(self, message: bytes) -> AsyncGenerator[bytes]:
        """Sends a request and gives what comes back, which may be other messages too. Ends, or raises ServerGone, when
        nothing can come any more."""
        ...

    async def send(self, message: bytes) -> None:
        """What has no answer. Raises ServerGone."""
        ...

    async def close(self) -> None: ...


class PipeLink:
    """A message is a line. The process ends with its sandbox."""

    def __init__(self, process: SandboxProcess) -> None:
        self._process = process

    async def exchange(self, message: bytes) -> AsyncGenerator[bytes]:
        await self.send(message)
        while True:
            try:
                line = await self._process.read_line(MAX_MESSAGE_BYTES)
            except LineTooLong as error:
                raise ServerGone(f"it sent a message of more than {MAX_MESSAGE_BYTES} bytes") from error
            if not line:
                raise ServerGone(await self._end())
            yield line

    async def send(self, message: bytes) -> None:
        await self._process.write(message + b"\n")

    async def close(self) -> None:
        await self._process.write(b"", last=True)

    async def _end(self) -> str:
        result = await self._process.wait()
        if result.killed_by:
            return f"it was ended for passing the sandbox's {result.killed_by} limit"
        lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
        return clean(f"it ended with exit code {result.exit_code}" + (f": {lines[-1]}" if lines else ""), 300)


class HttpLink:
    """Streamable HTTP: each message is a request of its own, answered by JSON or by events. Redirects are not followed,
    for where they lead nobody has allowed."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)
        self._url = url
        self._http = httpx2.AsyncClient(timeout=timeout, follow_redirects=False, transport=transport)
        self._headers = {"content-type": "application/json", "accept": f"application/json, {_STREAM}"}

    async def exchange(self, message: bytes) -> AsyncGenerator[bytes]:
        try:
            async with self._http.stream("POST", self._url, content=message, headers=self._headers) as answer:
                self._check(answer)
                if answer.headers.get("content-type", "").startswith(_STREAM):
                    async with aclosing(_events(answer)) as events:
                        async for event in events:
                            yield event
                else:
                    yield await _whole(answer)
        except httpx2.HTTPError as error:
            raise ServerGone(f"{self._url} does not answer: {error!r}") from error

    async def send(self, message: bytes) -> None:
        try:
            self._check(await self._http.post(self._url, content=message, headers=self._headers))
        except httpx2.HTTPError as error:
            raise ServerGone(f"{self._url} does not answer: {error!r}") from error

    async def close(self) -> None:
        """Also tells the server, which may have gone first."""
        if "mcp-session-id" in self._headers:
            with suppress(httpx2.HTTPError):
                await self._http.delete(self._url, headers=self._headers, timeout=_CONNECT_SECONDS)
        await self._http.aclose()

    def _check(self, answer: httpx2.Response) -> None:
        if answer.status_code not in (200, 202):
            raise ServerGone(f"{self._url} answered with status {answer.status_code}")
        self._headers.setdefault("mcp-protocol-version", PROTOCOL)
        if session := answer.headers.get("mcp-session-id"):
            self._headers["mcp-session-id"] = session


async def _whole(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MAX_MESSAGE_BYTES:
            raise ServerGone(f"it sent a message of more than {MAX_MESSAGE_BYTES} bytes")
    return bytes(body)


async def _events(answer: httpx2.Response) -> AsyncGenerator[bytes]:
    """The data of each event."""
    waiting, data = bytearray(), bytearray()
    async for piece in answer.aiter_bytes():
        waiting += piece
        *lines, rest = waiting.replace(b"\r\n", b"\n").split(b"\n")
        waiting = bytearray(rest)
        for line in lines:
            if line.startswith(b"data:"):
                data += line[5:].lstrip(b" ")
            elif not line and data:
                yield bytes(data)
                data = bytearray()
        if len(waiting) + len(data) > MAX_MESSAGE_BYTES:
            raise ServerGone(f"it sent a message of more than {MAX_MESSAGE_BYTES} bytes")
    if data:
        yield bytes(data)
