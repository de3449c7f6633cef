"""Why live updates are held up, told to every client when it changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import structlog

from assay.contracts.codec import encode
from assay.contracts.live import Degraded


class ControlReceiver(Protocol):
    def send_control(self, text: str) -> None: ...


class Degradation:
    """By source, ``bus`` or ``ledger``; no reason means none."""

    def __init__(self, clients: Iterable[ControlReceiver]) -> None:
        self._clients = clients
        self._reasons: dict[str, str] = {}

    def set(self, source: str, reason: str) -> None:
        before = bool(self._reasons)
        if reason:
            self._reasons[source] = reason
        else:
            self._reasons.pop(source, None)
        if before != bool(self._reasons):
            structlog.get_logger().info("live.degraded", degraded=not before, reason=reason)
            for listener in tuple(self._clients):
                listener.send_control(self._frame())

    def greet(self, client: ControlReceiver) -> None:
        """A newcomer is only told when there is trouble."""
        if self._reasons:
            client.send_control(self._frame())

    def _frame(self) -> str:
        reasons = "; ".join(self._reasons.values())
        return encode(Degraded(degraded=bool(self._reasons), reason=reasons)).decode()
