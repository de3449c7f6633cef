"""The proxy itself. It runs in the worker and listens on a socket that was made inside the sandbox and handed out: so
the sandbox needs no route, and nothing in it can end the proxy, or pass it by."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from assay.contracts.sandboxspec import EGRESS_PORT, Connection
from assay.sandbox.egress.addresses import Address, Reachable, Resolve, is_public, resolve
from assay.sandbox.egress.requests import Request, Unreadable, read_request

_PLAIN_PORTS = (80, 443)
_HEAD_BYTES, _HEAD_SECONDS, _CONNECT_SECONDS = 32_768, 10.0, 10.0
_CHUNK_BYTES = 65_536
_AT_ONCE, _MOST = 64, 10_000
"""Connections of one sandbox; no more are let out, so that the record is bounded."""


class Refused(Exception):
    """Why a request goes nowhere; ``status`` is HTTP's."""

    def __init__(self, reason: str, status: str = "403 Forbidden") -> None:
        super().__init__(reason)
        self.status = status


def environment(names: Sequence[str] = ()) -> dict[str, str]:
    """What makes programs inside use it, but not for ``names`` beside the sandbox."""
    proxy, direct = f"http://127.0.0.1:{EGRESS_PORT}", ",".join(("localhost", "127.0.0.1", *names))
    variables = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": direct}
    return variables | {name.lower(): value for name, value in variables.items()}


class _Way:
    """One connection as it goes on."""

    def __init__(self) -> None:
        self.host, self.port, self.address, self.reason = "", 0, "", ""
        self.sent_bytes, self.received_bytes, self.allowed = 0, 0, False
        self._at, self._started = datetime.now(UTC), time.monotonic()

    def told(self) -> Connection:
        return Connection(
            at=self._at,
            host=self.host,
            port=self.port,
            address=self.address,
            allowed=self.allowed,
            reason=self.reason,
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
            duration_seconds=round(time.monotonic() - self._started, 6),
        )


class EgressProxy:
    """For ``allowed`` hosts (``host``, which is its ports 80 and 443, or ``host:port``). ``connections`` tells of every
    one that has ended. A name is looked up once, and what was looked up is what is connected to."""

    def __init__(self, allowed: Sequence[str], reachable: Reachable = is_public, resolving: Resolve = resolve) -> None:
        self.connections: list[Connection] = []
        self._allowed = {place for entry in allowed for place in _places(entry)}
        self._reachable, self._resolve = reachable, resolving
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun = 0

    @asynccontextmanager
    async def serving(self, listener: socket.socket) -> AsyncGenerator[None]:
        """Until the end of the context, when all connections end too."""
        server = await asyncio.start_server(self._client, sock=listener, limit=_HEAD_BYTES)
        try:
            yield
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._begun += 1
        if task is None or len(self._tasks) >= _AT_ONCE or self._begun > _MOST:
            writer.close()
            return
        self._tasks.add(task)
        way = _Way()
        try:
            await self._serve(reader, writer, way)
        except Refused as refused:
            way.reason = str(refused)
            await _answer(writer, refused)
        except (OSError, asyncio.IncompleteReadError) as error:
            way.reason = way.reason or f"broken off: {error!r}"
        finally:
            self.connections.append(way.told())
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way) -> None:
        request = await _read(reader)
        way.host, way.port = request.host, request.port
        addresses = await self._check(request)
        way.allowed = True
        theirs_in, theirs = await _connect(addresses, request.port, way)
        try:
            if request.tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            theirs.write(request.opening)
            way.sent_bytes += len(request.opening)
            await _carry(reader, theirs, theirs_in, writer, way)
        finally:
            theirs.close()

    async def _check(self, request: Request) -> Sequence[Address]:
        """The addresses that it may be sent to."""
        if (request.host, request.port) not in self._allowed:
            raise Refused(f"{request.host}:{request.port} is not among the hosts that the task may reach")
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                addresses = await self._resolve(request.host, request.port)
        except OSError as error:  # TimeoutError is one
            raise Refused(f"{request.host} cannot be looked up: {error!r}", "502 Bad Gateway") from error
        barred = [str(address) for address in addresses if not self._reachable(address)]
        if barred or not addresses:
            raise Refused(f"{request.host} is at {barred[0] if barred else 'no address'}, which is not a public one")
        return addresses


def _places(entry: str) -> list[tuple[str, int]]:
    host, _, port = entry.lower().partition(":")
    return [(host.rstrip("."), number) for number in ((int(port),) if port else _PLAIN_PORTS)]


async def _read(reader: asyncio.StreamReader) -> Request:
    try:
        async with asyncio.timeout(_HEAD_SECONDS):
            return read_request(await reader.readuntil(b"\r\n\r\n"))
    except (Unreadable, asyncio.LimitOverrunError) as error:
        raise Refused(str(error), "400 Bad Request") from error
    except TimeoutError as error:
        raise Refused(f"no request within {_HEAD_SECONDS:.0f} s", "408 Request Timeout") from error


async def _connect(
    addresses: Sequence[Address], port: int, way: _Way
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """By address, so that no name is looked up a second time."""
    failure: OSError | None = None
    for address in addresses:
        way.address = str(address)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await asyncio.open_connection(str(address), port)
        except OSError as error:
            failure = error
    raise Refused(f"{way.host}:{port} does not answer: {failure!r}", "502 Bad Gateway")


async def _carry(
    ours_in: asyncio.StreamReader,
    theirs: asyncio.StreamWriter,
    theirs_in: asyncio.StreamReader,
    ours: asyncio.StreamWriter,
    way: _Way,
) -> None:
    """Both ways at once; it is over when the other end has said all, or either breaks off."""

    async def out() -> None:
        while data := await ours_in.read(_CHUNK_BYTES):
            theirs.write(data)
            way.sent_bytes += len(data)
            await theirs.drain()
        with suppress(OSError):
            theirs.write_eof()

    sending = asyncio.create_task(out())
    try:
        while data := await theirs_in.read(_CHUNK_BYTES):
            ours.write(data)
            way.received_bytes += len(data)
            await ours.drain()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _answer(writer: asyncio.StreamWriter, refused: Refused) -> None:
    text = f"{refused}\n".encode()
    head = f"HTTP/1.1 {refused.status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close"
    with suppress(OSError):
        writer.write(f"{head}\r\n\r\n".encode() + text)
        await writer.drain()
