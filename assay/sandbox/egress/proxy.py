"""The proxy. It runs in the worker, on a listening socket that init created inside the sandbox and passed out: so
the sandbox needs no route, and code inside can neither stop nor bypass it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from assay.contracts.sandboxspec import EGRESS_PORT, Connection
from assay.sandbox.egress.addresses import Address, Reachable, Resolve, is_public, resolve
from assay.sandbox.egress.requests import BadRequest, Request, read_request

_DEFAULT_PORTS = (80, 443)
_HEAD_BYTES, _HEAD_SECONDS, _CONNECT_SECONDS = 32_768, 10.0, 10.0
_CHUNK_BYTES = 65_536
_MAX_CONCURRENT, _MAX_CONNECTIONS = 64, 10_000
"""Connections per sandbox; more are refused, so that the record stays bounded."""


class Refused(Exception):
    """Why a request is refused; ``status`` is the HTTP status."""

    def __init__(self, reason: str, status: str = "403 Forbidden") -> None:
        super().__init__(reason)
        self.status = status


def proxy_environment(names: Sequence[str] = ()) -> dict[str, str]:
    """Variables that make programs use the proxy, except for ``names``: the services of the sandbox."""
    proxy, direct = f"http://127.0.0.1:{EGRESS_PORT}", ",".join(("localhost", "127.0.0.1", *names))
    variables = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": direct}
    return variables | {name.lower(): value for name, value in variables.items()}


class _ConnectionRecord:
    """The record of one connection while it is open."""

    def __init__(self) -> None:
        self.host, self.port, self.address, self.reason = "", 0, "", ""
        self.sent_bytes, self.received_bytes, self.allowed = 0, 0, False
        self._at, self._started = datetime.now(UTC), time.monotonic()

    def result(self) -> Connection:
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
    """Allows the hosts in ``allowed``: ``host`` for ports 80 and 443, or ``host:port``. ``connections`` lists those
    that have ended. A name is resolved once, and the address that was checked is the one connected to."""

    def __init__(
        self, allowed: Sequence[str], reachable: Reachable = is_public, resolve_name: Resolve = resolve
    ) -> None:
        self.connections: list[Connection] = []
        self._allowed = {endpoint for entry in allowed for endpoint in _endpoints(entry)}
        self._reachable, self._resolve = reachable, resolve_name
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepted = 0

    @asynccontextmanager
    async def serving(self, listener: socket.socket) -> AsyncGenerator[None]:
        """Serves during the context; leaving it closes all connections."""
        server = await asyncio.start_server(self._on_client, sock=listener, limit=_HEAD_BYTES)
        try:
            yield
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _on_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._accepted += 1
        if task is None or len(self._tasks) >= _MAX_CONCURRENT or self._accepted > _MAX_CONNECTIONS:
            writer.close()
            return
        self._tasks.add(task)
        record = _ConnectionRecord()
        try:
            await self._serve(reader, writer, record)
        except Refused as refused:
            record.reason = str(refused)
            await _send_refusal(writer, refused)
        except (OSError, asyncio.IncompleteReadError) as error:
            record.reason = record.reason or f"connection lost: {error!r}"
        finally:
            self.connections.append(record.result())
            self._tasks.discard(task)
            writer.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: _ConnectionRecord
    ) -> None:
        request = await _read(reader)
        record.host, record.port = request.host, request.port
        addresses = await self._check(request)
        record.allowed = True
        upstream_reader, upstream = await _connect(addresses, request.port, record)
        try:
            if request.tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            upstream.write(request.preamble)
            record.sent_bytes += len(request.preamble)
            await _relay(reader, upstream, upstream_reader, writer, record)
        finally:
            upstream.close()

    async def _check(self, request: Request) -> Sequence[Address]:
        """The addresses that the request may be sent to."""
        if (request.host, request.port) not in self._allowed:
            raise Refused(f"{request.host}:{request.port} is not among the hosts that the task may reach")
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                addresses = await self._resolve(request.host, request.port)
        except OSError as error:  # TimeoutError is one
            raise Refused(f"{request.host} cannot be resolved: {error!r}", "502 Bad Gateway") from error
        forbidden = [str(address) for address in addresses if not self._reachable(address)]
        if forbidden or not addresses:
            found = forbidden[0] if forbidden else "no address"
            raise Refused(f"{request.host} resolves to {found}, which is not a public address")
        return addresses


def _endpoints(entry: str) -> list[tuple[str, int]]:
    host, _, port = entry.lower().partition(":")
    return [(host.rstrip("."), number) for number in ((int(port),) if port else _DEFAULT_PORTS)]


async def _read(reader: asyncio.StreamReader) -> Request:
    try:
        async with asyncio.timeout(_HEAD_SECONDS):
            return read_request(await reader.readuntil(b"\r\n\r\n"))
    except (BadRequest, asyncio.LimitOverrunError) as error:
        raise Refused(str(error), "400 Bad Request") from error
    except TimeoutError as error:
        raise Refused(f"no request within {_HEAD_SECONDS:.0f} s", "408 Request Timeout") from error


async def _connect(
    addresses: Sequence[Address], port: int, record: _ConnectionRecord
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connects by address, so that the name is not resolved a second time."""
    failure: OSError | None = None
    for address in addresses:
        record.address = str(address)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await asyncio.open_connection(str(address), port)
        except OSError as error:
            failure = error
    raise Refused(f"{record.host}:{port} does not answer: {failure!r}", "502 Bad Gateway")


async def _relay(
    client_reader: asyncio.StreamReader,
    upstream: asyncio.StreamWriter,
    upstream_reader: asyncio.StreamReader,
    client: asyncio.StreamWriter,
    record: _ConnectionRecord,
) -> None:
    """Copies in both directions until the server closes the connection or either side fails."""

    async def upload() -> None:
        while data := await client_reader.read(_CHUNK_BYTES):
            upstream.write(data)
            record.sent_bytes += len(data)
            await upstream.drain()
        with suppress(OSError):
            upstream.write_eof()

    uploading = asyncio.create_task(upload())
    try:
        while data := await upstream_reader.read(_CHUNK_BYTES):
            client.write(data)
            record.received_bytes += len(data)
            await client.drain()
    finally:
        uploading.cancel()
        await asyncio.gather(uploading, return_exceptions=True)


async def _send_refusal(writer: asyncio.StreamWriter, refused: Refused) -> None:
    text = f"{refused}\n".encode()
    head = f"HTTP/1.1 {refused.status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close"
    with suppress(OSError):
        writer.write(f"{head}\r\n\r\n".encode() + text)
        await writer.drain()
