"""What a client of the proxy asks for, read strictly: a tunnel, or one plain HTTP request."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TARGET = re.compile(r"(?P<host>[A-Za-z0-9.-]{1,253}):(?P<port>[0-9]{1,5})")
_URL = re.compile(r"http://(?P<host>[A-Za-z0-9.-]{1,253})(:(?P<port>[0-9]{1,5}))?(?P<path>[/?][\x21-\x7e]*)?", re.I)
_LINE = re.compile(r"(?P<method>[A-Z]{1,20}) (?P<target>[\x21-\x7e]+) HTTP/1\.[01]")
_HEADER = re.compile(r"(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+):(?P<value>[^\x00\r\n]*)")
_OURS = frozenset({"host", "connection", "keep-alive", "upgrade", "te"})


class Unreadable(Exception):
    """What was sent is no request for a proxy."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """``opening`` is what the other end is sent first; of a tunnel, nothing."""

    host: str
    port: int
    tunnel: bool
    opening: bytes


def read_request(head: bytes) -> Request:
    """``head`` is everything before the body, with the empty line. Raises Unreadable."""
    try:
        first, *rest = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    except ValueError as error:
        raise Unreadable("no request") from error
    line = _LINE.fullmatch(first)
    if line is None:
        raise Unreadable("no request of HTTP/1")
    tunnel = line["method"] == "CONNECT"
    found = (_TARGET if tunnel else _URL).fullmatch(line["target"])
    if found is None:
        raise Unreadable("no target that a proxy could reach: host:port, or a URL of http")
    host, port = found["host"].lower().rstrip("."), int(found["port"] or 80)
    if not 0 < port < 1 << 16:
        raise Unreadable(f"{port} is no port")
    if tunnel:
        return Request(host=host, port=port, tunnel=True, opening=b"")
    path = found["path"] or "/"
    opening = [f"{line['method']} {'/' if path[0] == '?' else ''}{path} HTTP/1.1", f"Host: {host}:{port}"]
    return Request(host=host, port=port, tunnel=False, opening=_packed([*opening, *_kept(rest), "Connection: close"]))


def _kept(lines: list[str]) -> list[str]:
    """Headers that are for the other end: not those about this connection, nor those for the proxy."""
    headers = [_HEADER.fullmatch(line) for line in lines]
    if None in headers:
        raise Unreadable("a header that is none")
    named = [(header["name"].lower(), header[0]) for header in headers if header]
    return [text for name, text in named if name not in _OURS and not name.startswith("proxy-")]


def _packed(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
