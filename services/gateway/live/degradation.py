"""Why live updates are delayed; every client is notified when this changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import structlog

from assay.contracts.codec import encode
from assay.contracts.live import Degraded

_log = structlog.get_logger(__name__)


class ControlReceiver(Protocol):
    def send_control(self, text: str) -> None: ...


class Degradation:
    """One reason per source: ``bus``, ``ledger`` or ``work``. An empty reason clears the source."""

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
            _log.info("live.degraded", degraded=not before, reason=reason)
            for client in tuple(self._clients):
                client.send_control(self._frame())

    def notify_new(self, client: ControlReceiver) -> None:
        """A new client is notified only while there is a reason."""
        if self._reasons:
            client.send_control(self._frame())

    def _frame(self) -> str:
        reasons = "; ".join(self._reasons.values())
        return encode(Degraded(degraded=bool(self._reasons), reason=reasons)).decode()
