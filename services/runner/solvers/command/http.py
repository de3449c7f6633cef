"""HTTP/1.1 on the model socket, by h11: one request and one response per connection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 16 * 1024 * 1024
_READ_BYTES = 65_536


class BadRequest(Exception):
    """The request cannot be answered; ``status`` is the response's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ClientDisconnected(Exception):
    """The client closed the connection without sending a request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    method: str
    path: str
    token: str
    body: bytes


class HttpConnection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)

    async def read_request(self) -> HttpRequest:
        """Raises BadRequest or ClientDisconnected."""
        try:
            return await self._read_request()
        except h11.RemoteProtocolError as error:
            raise BadRequest(error.error_status_hint, str(error)) from error

    def respond(self, status: int, body: bytes) -> None:
        """Sends a response of JSON, unless one was started already."""
        if self._protocol.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        self._send(h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage())

    def start_stream(self) -> None:
        headers = [("content-type", "text/event-stream"), ("connection", "close")]
        self._send(h11.Response(status_code=200, headers=headers))

    def send_chunk(self, data: bytes) -> None:
        self._send(h11.Data(data=data))

    def end_stream(self) -> None:
        """Without it, clients know that the response is incomplete."""
        self._send(h11.EndOfMessage())

    async def _read_request(self) -> HttpRequest:
        head = await self._receive()
        if not isinstance(head, h11.Request):
            raise ClientDisconnected
        headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        body = bytearray()
        _check_size(int(headers.get("content-length", 0)))
        while isinstance(event := await self._receive(), h11.Data):
            body += event.data
            _check_size(len(body))
        token = headers.get("authorization", "").removeprefix("Bearer ")
        path = head.target.decode("latin-1").partition("?")[0]
        return HttpRequest(method=head.method.decode(), path=path, token=token, body=bytes(body))

    async def _receive(self) -> object:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._reader.read(_READ_BYTES))
        return event

    def _send(self, *events: h11.Event) -> None:
        for event in events:
            self.writer.write(self._protocol.send(event) or b"")


def _check_size(size_bytes: int) -> None:
    if size_bytes > MAX_BODY_BYTES:
        raise BadRequest(413, f"the request body is over {MAX_BODY_BYTES} bytes")
