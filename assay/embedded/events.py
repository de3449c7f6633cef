"""Events of the supervisor, printed one per line: as coloured text or as JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import TextIO
from zlib import crc32

import msgspec


class EventKind(StrEnum):
    STARTED = "started"
    READY = "ready"
    CRASHED = "crashed"
    """It exited unexpectedly and is restarted after ``delay_seconds``."""
    FAILING = "failing"
    """It exited right after its start several times in a row; ``lines`` are the last lines of its log."""
    UNHEALTHY = "unhealthy"
    """It runs but does not work, and is restarted."""
    STOPPED = "stopped"
    KILLED = "killed"
    """It did not stop in time."""
    STALE = "stale"
    """A process of an earlier stack, whose supervisor is gone, was stopped."""
    SERVING = "serving"
    STOPPING = "stopping"


class StackEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``service`` is the process's name, or ``stack``. ``time`` is in seconds since the epoch."""

    service: str
    event: EventKind
    time: float = msgspec.field(default_factory=time.time)
    text: str = ""
    pid: int = 0
    seconds: float | None = None
    exit_code: int | None = None
    delay_seconds: float | None = None
    address: str = ""
    lines: tuple[str, ...] = ()


Report = Callable[[StackEvent], None]

_SERVICE_COLOURS = (36, 35, 34, 33, 32, 96, 95, 94)
_BAD, _GOOD, _DIM = 31, 32, 2
_COLOURS = {
    **dict.fromkeys((EventKind.CRASHED, EventKind.FAILING, EventKind.UNHEALTHY, EventKind.KILLED), _BAD),
    **dict.fromkeys((EventKind.READY, EventKind.SERVING), _GOOD),
}


def json_lines(stream: TextIO) -> Report:
    def report(event: StackEvent) -> None:
        with suppress(OSError):
            print(msgspec.json.encode(event).decode(), file=stream, flush=True)

    return report


def text_lines(stream: TextIO | None = None) -> Report:
    """Text, coloured when the stream is a terminal. Without ``stream``, each event goes to the ``sys.stderr`` of that
    moment, which a progress bar may have replaced."""
    colour = (stream or sys.stderr).isatty()

    def report(event: StackEvent) -> None:
        with suppress(OSError):
            print(_line(event, colour), file=stream or sys.stderr, flush=True)

    return report


def _line(event: StackEvent, colour: bool) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(event.time))
    service_colour = _SERVICE_COLOURS[crc32(event.service.encode()) % len(_SERVICE_COLOURS)]
    words = [
        _colored(clock, _DIM, colour),
        _colored(f"{event.service:<10}", service_colour, colour),
        _colored(f"{event.event:<9}", _COLOURS.get(event.event, _DIM), colour),
        _details(event),
    ]
    return "\n".join([" ".join(words).rstrip(), *(f"           | {line}" for line in event.lines)])


def _details(event: StackEvent) -> str:
    parts = [
        event.text,
        event.address,
        f"pid {event.pid}" if event.pid else "",
        f"after {event.seconds:.1f} s" if event.seconds is not None else "",
        _exit_text(event.exit_code) if event.exit_code is not None else "",
        f"restarting in {event.delay_seconds:.1f} s" if event.delay_seconds is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _exit_text(exit_code: int) -> str:
    return f"killed by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _colored(text: str, code: int, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
