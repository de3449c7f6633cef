"""The heartbeat: says that the worker lives, extends its leases, and learns which ones it lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Bus
from assay.contracts.attempts import Stage
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Heartbeat
from assay.worker.leases import Leases

_MIN_SECONDS = 0.05
_RETRY_SECONDS = 1.0
_log = structlog.get_logger(__name__)


OnShare = Callable[[float], None]
"""Hears a worker's share of all live slots of its stage, above 0 and at most 1, after every beat."""
AvailableSandboxes = Callable[[], tuple[str, ...] | None]
"""The kinds of sandbox a worker can give now, if it knows."""


class HeartbeatLoop:
    def __init__(
        self,
        worker_id: str,
        stage: Stage,
        pool: str,
        bus: Bus,
        leases: Leases,
        on_share: OnShare | None = None,
        available_sandboxes: AvailableSandboxes = lambda: None,
    ) -> None:
        self._worker_id, self._stage, self._pool = worker_id, stage, pool
        self._bus, self._leases, self._on_share, self._available_sandboxes = bus, leases, on_share, available_sandboxes
        self._wakeup = asyncio.Event()
        self._interval_seconds = float("inf")
        self._slots = 0

    @property
    def slots(self) -> int:
        """How much work at once the worker offers to do; 0 when it is about to stop."""
        return self._slots

    @slots.setter
    def slots(self, slots: int) -> None:
        self._slots = slots
        self._wakeup.set()

    def shorten_interval(self, period_seconds: float) -> None:
        """A lease needs a beat at least this often."""
        if period_seconds < self._interval_seconds:
            self._interval_seconds = max(_MIN_SECONDS, period_seconds)
            self._wakeup.set()

    def send_soon(self) -> None:
        """There is something to tell."""
        self._wakeup.set()

    async def run(self, slots: int, idle_seconds: float) -> None:
        """For ever. A missed beat is tried again soon: the work goes on, and at worst its lease is lost."""
        self._slots = slots
        self.shorten_interval(idle_seconds)
        while True:
            self._wakeup.clear()
            answered = await self.send()
            pause = self._interval_seconds if answered else min(self._interval_seconds, _RETRY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wakeup.wait()

    async def send(self) -> bool:
        """Whether the ledger answered."""
        beat = Heartbeat(
            worker_id=self._worker_id,
            stage=self._stage,
            pool=self._pool,
            slots=self._slots,
            leases=self._leases.claims,
            sandboxes=self._available_sandboxes(),
        )
        try:
            reply = await self._bus.rpc.request(beat, max(1.0, min(self._interval_seconds, 5.0)))
        except (BusUnavailable, ProblemError) as error:
            _log.warning("worker.heartbeat_missed", leases=len(beat.leases), reason=str(error))
            return False
        if self._on_share:
            self._on_share(reply.share)
        for lease in self._leases.mark_lost(reply.lost):
            _log.warning("worker.lease_lost", attempt=lease.ticket.attempt_id, token=lease.ticket.token)
        return True
