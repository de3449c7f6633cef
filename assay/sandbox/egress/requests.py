"""Strict parsing of what a client of the proxy sends: a tunnel request or one plain HTTP request."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TARGET = re.compile(r"(?P<host>[A-Za-z0-9.-]{1,253}):(?P<port>[0-9]{1,5})")
_URL = re.compile(r"http://(?P<host>[A-Za-z0-9.-]{1,253})(:(?P<port>[0-9]{1,5}))?(?P<path>[/?][\x21-\x7e]*)?", re.I)
_LINE = re.compile(r"(?P<method>[A-Z]{1,20}) (?P<target>[\x21-\x7e]+) HTTP/1\.[01]")
_HEADER = re.compile(r"(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+):(?P<value>[^\x00\r\n]*)")
_HOP_BY_HOP = frozenset({"host", "connection", "keep-alive", "upgrade", "te"})


class BadRequest(Exception):
    """Not a valid request for a proxy."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """``preamble`` is sent to the server first; empty for a tunnel."""

    host: str
    port: int
    tunnel: bool
    preamble: bytes


def read_request(head: bytes) -> Request:
    """``head`` is everything before the body, including the empty line. Raises BadRequest."""
    try:
        first, *rest = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    except ValueError as error:
        raise BadRequest("not an HTTP request") from error
    line = _LINE.fullmatch(first)
    if line is None:
        raise BadRequest("not an HTTP/1 request")
    tunnel = line["method"] == "CONNECT"
    found = (_TARGET if tunnel else _URL).fullmatch(line["target"])
    if found is None:
        raise BadRequest("the target must be host:port or an http URL")
    host, port = found["host"].lower().rstrip("."), int(found["port"] or 80)
    if not 0 < port < 1 << 16:
        raise BadRequest(f"{port} is not a port")
    if tunnel:
        return Request(host=host, port=port, tunnel=True, preamble=b"")
    path = found["path"] or "/"
    preamble = [f"{line['method']} {'/' if path[0] == '?' else ''}{path} HTTP/1.1", f"Host: {host}:{port}"]
    return Request(
        host=host,
        port=port,
        tunnel=False,
        preamble=_encoded([*preamble, *_forwarded_headers(rest), "Connection: close"]),
    )


def _forwarded_headers(lines: list[str]) -> list[str]:
    """Headers for the server, without hop-by-hop and proxy headers."""
    headers = [_HEADER.fullmatch(line) for line in lines]
    if None in headers:
        raise BadRequest("malformed header")
    named = [(header["name"].lower(), header[0]) for header in headers if header]
    return [text for name, text in named if name not in _HOP_BY_HOP and not name.startswith("proxy-")]


def _encoded(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
