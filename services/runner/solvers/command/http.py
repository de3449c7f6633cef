"""As much of HTTP/1.1 as the model's socket needs: one request for each connection, one answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 16 * 1024 * 1024
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 413: "Content Too Large"}


class BadRequest(Exception):
    """What came is not a request that can be answered; ``status`` says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    method: str
    path: str
    token: str
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> HttpRequest:
    """Raises BadRequest, or IncompleteReadError when the other end went away."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise BadRequest(413, f"the head of the request is over {MAX_HEAD_BYTES} bytes") from error
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    words = first.split(" ")
    length = headers.get("content-length", "0")
    if len(words) != 3 or not (length.isascii() and length.isdigit()) or "transfer-encoding" in headers:
        raise BadRequest(400, "only plain HTTP/1.1 requests with a content-length are taken here")
    if len(length) > 12 or int(length) > MAX_BODY_BYTES:
        raise BadRequest(413, f"the request is over {MAX_BODY_BYTES} bytes")
    body = await reader.readexactly(int(length))
    token = headers.get("authorization", "").removeprefix("Bearer ")
    return HttpRequest(method=words[0], path=words[1].partition("?")[0], token=token, body=body)


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
)
STREAM_END = b"0\r\n\r\n"
"""Its absence tells that the answer was cut off."""


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer(status: int, body: bytes, content_type: str = "application/json") -> bytes:
    head = (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Told')}\r\ncontent-type: {content_type}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
