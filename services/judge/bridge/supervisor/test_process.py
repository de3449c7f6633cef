"""One process of a test program, connected to the driver by a socket."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .driver_link import DriverLink

_MAX_OUTPUT_BYTES = 16_000_000


@dataclass(frozen=True)
class Ended:
    """``died`` is why a candidate ended meanwhile; empty if none did."""

    code: int
    output: str
    died: str


def run_process(
    argv: Sequence[str], folder: str, link: DriverLink, on_line: Callable[[str], None] | None = None
) -> Ended:
    """Runs it to its end; ``on_line`` gets each line of its stdout."""
    deaths = link.deaths
    judge_end, test_end = socket.socketpair()
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        pass_fds=(test_end.fileno(),),
        env=dict(os.environ, ASSAY_CANDIDATE_FD=str(test_end.fileno())),
        cwd=folder,
    )
    test_end.close()
    assert process.stdout is not None
    output = _Lines(on_line or (lambda line: None))
    requests = _Lines(lambda line: judge_end.sendall(link.answer(line.encode("utf-8", "surrogateescape"))))
    with selectors.DefaultSelector() as selector, judge_end:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(judge_end, selectors.EVENT_READ, requests)
        while output.open:
            # What the tests printed before a request is read first.
            for key, _ in sorted(selector.select(), key=lambda event: event[0].data is requests):
                if not key.data.add(os.read(key.fd, 1 << 18)):
                    selector.unregister(key.fileobj)
    code = process.wait()
    return Ended(code, output.text(), link.last_reason if link.deaths != deaths else "")


class _Lines:
    """Splits what arrives into lines, and keeps the beginning of it."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = b""
        self._kept = bytearray()
        self.open = True

    def add(self, data: bytes) -> bool:
        """Whether more may come."""
        self.open = bool(data)
        self._kept += data[: _MAX_OUTPUT_BYTES - len(self._kept)]
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in [*lines, *([self._rest] if not data and self._rest else [])]:
            self._on_line(line.decode("utf-8", "surrogateescape"))
        return self.open

    def text(self) -> str:
        return self._kept.decode("utf-8", "replace")
