"""The connection to an MCP server: the pipes of a process in the sandbox, or HTTP from this runner."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Protocol

import httpx2

from assay.sandbox import LineTooLong, SandboxProcess
from services.runner.server_sent_events import EventTooLarge, event_data
from services.runner.solvers.agent.mcp.messages import PROTOCOL_VERSION
from services.runner.text import clean

MAX_MESSAGE_BYTES = 4_000_000
_CONNECT_SECONDS = 5.0
_EVENT_STREAM = "text/event-stream"


class ServerDisconnected(Exception):
    """The server has ended, or cannot be reached."""


class Transport(Protocol):
    def request(self, message: bytes) -> AsyncGenerator[bytes]:
        """Sends a request and yields the messages that come back, not only its answer. Ends, or raises
        ServerDisconnected, if no more messages can follow."""
        ...

    async def send(self, message: bytes) -> None:
        """Sends a message that has no answer. Raises ServerDisconnected."""
        ...

    async def close(self) -> None: ...


class StdioTransport:
    """Each message is a line. The process ends with its sandbox."""

    def __init__(self, process: SandboxProcess) -> None:
        self._process = process

    async def request(self, message: bytes) -> AsyncGenerator[bytes]:
        await self.send(message)
        while True:
            try:
                line = await self._process.read_line(MAX_MESSAGE_BYTES)
            except LineTooLong as error:
                raise _too_large() from error
            if not line:
                raise ServerDisconnected(await self._exit_reason())
            yield line

    async def send(self, message: bytes) -> None:
        await self._process.write(message + b"\n")

    async def close(self) -> None:
        await self._process.write(b"", last=True)

    async def _exit_reason(self) -> str:
        result = await self._process.wait()
        if result.killed_by:
            return f"it exceeded the sandbox's {result.killed_by} limit"
        lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
        return clean(f"it exited with code {result.exit_code}" + (f": {lines[-1]}" if lines else ""), 300)


class HttpTransport:
    """Streamable HTTP: each message is a request, answered with JSON or events. Redirects are not followed, because
    their target is not an allowed URL."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)
        self._url = url
        self._http = httpx2.AsyncClient(timeout=timeout, follow_redirects=False, transport=transport)
        self._headers = {"content-type": "application/json", "accept": f"application/json, {_EVENT_STREAM}"}

    async def request(self, message: bytes) -> AsyncGenerator[bytes]:
        try:
            async with self._http.stream("POST", self._url, content=message, headers=self._headers) as response:
                self._check(response)
                if response.headers.get("content-type", "").startswith(_EVENT_STREAM):
                    async with aclosing(event_data(response.aiter_bytes(), MAX_MESSAGE_BYTES)) as events:
                        async for event in events:
                            yield event
                else:
                    yield await _read_body(response)
        except EventTooLarge as error:
            raise _too_large() from error
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error

    async def send(self, message: bytes) -> None:
        try:
            self._check(await self._http.post(self._url, content=message, headers=self._headers))
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error

    async def close(self) -> None:
        """Ends the session at the server, if it still answers."""
        if "mcp-session-id" in self._headers:
            with suppress(httpx2.HTTPError):
                await self._http.delete(self._url, headers=self._headers, timeout=_CONNECT_SECONDS)
        await self._http.aclose()

    def _check(self, response: httpx2.Response) -> None:
        if response.status_code not in (200, 202):
            raise ServerDisconnected(f"{self._url} answered with status {response.status_code}")
        self._headers.setdefault("mcp-protocol-version", PROTOCOL_VERSION)
        if session := response.headers.get("mcp-session-id"):
            self._headers["mcp-session-id"] = session

    def _unreachable(self, error: httpx2.HTTPError) -> ServerDisconnected:
        return ServerDisconnected(f"{self._url} does not answer: {error!r}")


async def _read_body(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_MESSAGE_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> ServerDisconnected:
    return ServerDisconnected(f"it sent a message over {MAX_MESSAGE_BYTES} bytes")
