"""The tests' requests to the driver: validated, with a time limit each, and with a new candidate after one has
ended."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

from ..wire.codec import Malformed
from ..wire.driver_calls import decode_reply, encode_call, parse_json
from .channel import Channel

_MAX_GENERATIONS = 25
_PATIENCE = 10
"""The judge ends a call that takes too long. It allows more time while the host is busy, at most this factor."""
_RESTART_SECONDS = 300.0


class DriverLink:
    """``deaths`` counts requests that failed because the candidate had ended, did not answer in time or violated the
    protocol; ``last_reason`` is the last reason."""

    def __init__(self, channel: Channel, call_seconds: float) -> None:
        self._channel, self._call_seconds = channel, _PATIENCE * call_seconds
        self._buffer = bytearray()
        self._number = self._generation = 0
        self._dead = False
        self.deaths, self.last_reason = 0, ""

    def answer(self, line: bytes) -> bytes:
        """The answer to a line of a test: ``value``, ``error`` or ``died``. Raises Malformed for a line that no
        client of ours writes."""
        request = parse_json(line)
        if self._dead:
            return self._mark_dead(self.last_reason)
        self._number += 1
        try:
            self._channel.send(b">", encode_call(self._number, str(request["op"]), request["args"]))
            reply = decode_reply(self._reply(), self._number)
        except Malformed as error:
            return self._mark_dead(f"the candidate violated the driver's protocol: {error}")
        except CandidateEnded as error:
            return self._mark_dead(str(error))
        if reply.error:
            return _dump({"error": dict(zip(("kind", "message"), reply.error, strict=True))})
        return _dump({"value": reply.value})

    def restart_if_dead(self) -> None:
        """Starts a new candidate, unless too many have ended."""
        if not self._dead or self._generation >= _MAX_GENERATIONS:
            return
        self._channel.send(b"!")
        deadline = time.monotonic() + _RESTART_SECONDS
        while self._line(deadline)[:1] != b"^":
            pass
        self._generation, self._dead = self._generation + 1, False

    def _reply(self) -> bytes:
        deadline = time.monotonic() + self._call_seconds
        while True:
            line = self._line(deadline)
            if line[:1] == b"x":
                raise CandidateEnded(f"the candidate ended: {json.loads(line[1:])}")
            if line[:1] == b"<":
                return line[1:]

    def _mark_dead(self, reason: str) -> bytes:
        self._dead, self.last_reason = True, reason
        self.deaths += 1
        return _dump({"died": reason})

    def _line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            ready, _, _ = select.select([self._channel.source], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise CandidateEnded(f"the candidate did not answer within {self._call_seconds:g} s")
            data = os.read(self._channel.source, 1 << 18)
            if not data:
                raise SystemExit("the judge is gone")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line


class CandidateEnded(Exception):
    pass


def _dump(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode("ascii") + b"\n"
