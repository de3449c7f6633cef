"""Logs of the stack's processes as JSON lines, whatever the processes write."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

ParseLine = Callable[[str], dict[str, Any]]
"""Members of the JSON object for a line: at least ``event`` and ``level``."""

_MAX_LINE_BYTES = 256 * 1024
"""Longer lines are split."""
_DRAIN_SECONDS = 2.0
_NATS = re.compile(r"\[(\d+)\] \d{4}/\d\d/\d\d [\d:.]+ \[(\w{3})\] ?(.*)", re.DOTALL)
_NATS_LEVELS = {"TRC": "debug", "DBG": "debug", "INF": "info", "WRN": "warning", "ERR": "error", "FTL": "critical"}
_POSTGRES = re.compile(r"\d{4}-\d\d-\d\d [\d:.]+ \w+ \[(\d+)\] (\w+):  (.*)", re.DOTALL)
_POSTGRES_LEVELS = {"WARNING": "warning", "ERROR": "error", "FATAL": "critical", "PANIC": "critical"}


def parse_plain(line: str) -> dict[str, Any]:
    """Output of a service that is not its log, for example of a C library or of an interpreter that crashes."""
    return {"event": line, "level": "warning"}


def parse_nats(line: str) -> dict[str, Any]:
    if (match := _NATS.fullmatch(line)) is None:
        return parse_plain(line)
    return {"event": match[3], "level": _NATS_LEVELS.get(match[2], "info"), "pid": int(match[1])}


def parse_postgres(line: str) -> dict[str, Any]:
    """Further lines of a message, such as its statement, are objects of their own."""
    if (match := _POSTGRES.fullmatch(line)) is None:
        return {"event": line.strip(), "level": "info"}
    level = _POSTGRES_LEVELS.get(match[2], "info")
    kind = {} if match[2] == "LOG" or level != "info" else {"kind": match[2].lower()}
    return {"event": match[3], "level": level, "pid": int(match[1]), **kind}


class JsonLog:
    """Appends to a log file. JSON objects stay as they are; other lines become objects."""

    def __init__(self, service: str, path: Path, parse: ParseLine = parse_plain) -> None:
        self._service, self._parse = service, parse
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._rest = b""
        _remove_incomplete_line(self._file)

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _MAX_LINE_BYTES:
            lines.append(self._rest)
            self._rest = b""
        self._append(lines)

    def close(self) -> None:
        self._append([self._rest])
        os.close(self._file)

    def _append(self, lines: list[bytes]) -> None:
        """Lines are lost if the disk is full."""
        if text := b"".join(self._json(line) + b"\n" for line in lines if line.strip()):
            with suppress(OSError):
                if os.write(self._file, text) < len(text):
                    _remove_incomplete_line(self._file)

    def _json(self, line: bytes) -> bytes:
        if line.startswith(b"{"):
            with suppress(msgspec.DecodeError):
                msgspec.json.decode(line, type=dict[str, msgspec.Raw])
                return line.rstrip()
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        entry = {**self._parse(line.decode(errors="replace").rstrip()), "service": self._service, "timestamp": now}
        return msgspec.json.encode(entry)


def _remove_incomplete_line(file: int) -> None:
    """Left by a full disk, or by a supervisor that was killed."""
    size = os.fstat(file).st_size
    start = max(0, size - 2 * _MAX_LINE_BYTES)
    os.truncate(file, start + os.pread(file, size - start, start).rfind(b"\n") + 1)


class OutputPipe(asyncio.Protocol):
    """A process's output on the way to its log."""

    def __init__(self, log: JsonLog) -> None:
        self._log = log
        self._ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self._log.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._log.close()
        self._ended.set()

    async def drained(self) -> None:
        """Wait, once the process has exited, until its log is complete. Not for long, because a process that it started
        can keep the pipe open."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self._ended.wait()
