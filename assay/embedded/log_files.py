"""Log files of the stack's processes: reading the last lines, and limiting their size."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

MAX_BYTES = 20_000_000
_TAIL_BYTES = 16_384
_PLAIN_MEMBERS = {"event", "level", "service", "timestamp", "pid"}


def last_lines(path: Path, count: int = 8) -> tuple[str, ...]:
    """Without the JSON around a plain message. Safe to print: control characters, which could steer a terminal, are
    removed."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ()
    lines = ("".join(filter(str.isprintable, _event(line))) for line in text.splitlines())
    return tuple(line[:500] for line in lines if line)[-count:]


def _event(line: str) -> str:
    with suppress(msgspec.DecodeError):
        entry = msgspec.json.decode(line, type=dict[str, Any])
        if entry.keys() <= _PLAIN_MEMBERS:
            return str(entry.get("event", ""))
    return line


def shorten(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Moves the second half of a log above the limit to ``<name>.log.1`` and truncates the file. The process appends to
    the same file, so at most the lines written meanwhile are lost."""
    if not path.exists() or path.stat().st_size <= max_bytes:
        return
    with path.open("rb") as old, path.with_name(path.name + ".1").open("wb") as kept:
        old.seek(-max_bytes // 2, os.SEEK_END)
        old.readline()  # the line that the position is in
        while piece := old.read(1 << 20):
            kept.write(piece)
    os.truncate(path, 0)
