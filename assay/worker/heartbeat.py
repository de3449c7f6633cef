"""The heartbeat: reports that the worker is alive, extends its leases and learns which ones are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Bus
from assay.contracts.attempts import Stage
from assay.contracts.models import Outage
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Heartbeat
from assay.worker.leases import Leases
from assay.worker.metrics import WorkerMetrics

_MIN_SECONDS = 0.05
_RETRY_SECONDS = 1.0
_log = structlog.get_logger(__name__)

OnShare = Callable[[float], None]
"""Receives, after every heartbeat, the worker's fraction of all live slots of its stage (above 0, at most 1)."""
AvailableSandboxes = Callable[[], tuple[str, ...] | None]
"""Returns the kinds of sandbox currently available; None until they are known."""
Outages = Callable[[], tuple[Outage, ...]]
"""Returns the models that the worker cannot call at present."""


class HeartbeatLoop:
    def __init__(
        self,
        worker_id: str,
        stage: Stage,
        pool: str,
        bus: Bus,
        leases: Leases,
        metrics: WorkerMetrics,
        on_share: OnShare | None = None,
        available_sandboxes: AvailableSandboxes = lambda: None,
        outages: Outages = tuple,
    ) -> None:
        self._worker_id, self._stage, self._pool = worker_id, stage, pool
        self._bus, self._leases, self._on_share = bus, leases, on_share
        self._available_sandboxes, self._outages = available_sandboxes, outages
        self._metrics = metrics
        self._wakeup = asyncio.Event()
        self._interval_seconds = float("inf")
        self._slots = 0

    @property
    def slots(self) -> int:
        """The number of attempts the worker can process at once; 0 while it is stopping."""
        return self._slots

    @slots.setter
    def slots(self, slots: int) -> None:
        self._slots = slots
        self._wakeup.set()

    def shorten_interval(self, interval_seconds: float) -> None:
        """Send heartbeats at least this often from now on, as a lease requires."""
        if interval_seconds < self._interval_seconds:
            self._interval_seconds = max(_MIN_SECONDS, interval_seconds)
            self._wakeup.set()

    def send_soon(self) -> None:
        """Send the next heartbeat without delay."""
        self._wakeup.set()

    async def run(self, slots: int, idle_seconds: float) -> None:
        """Send heartbeats until cancelled. Missed ones are retried soon; work continues meanwhile."""
        self._slots = slots
        self.shorten_interval(idle_seconds)
        while True:
            self._wakeup.clear()
            received = await self.send()
            pause = self._interval_seconds if received else min(self._interval_seconds, _RETRY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wakeup.wait()

    async def send(self) -> bool:
        """Send one heartbeat; returns whether the ledger replied."""
        heartbeat = Heartbeat(
            worker_id=self._worker_id,
            stage=self._stage,
            pool=self._pool,
            slots=self._slots,
            leases=self._leases.claims,
            sandboxes=self._available_sandboxes(),
            outages=self._outages(),
        )
        try:
            reply = await self._bus.rpc.request(heartbeat, max(1.0, min(self._interval_seconds, 5.0)))
        except (BusUnavailable, ProblemError) as error:
            self._metrics.heartbeat_missed()
            _log.warning("worker.heartbeat_missed", leases=len(heartbeat.leases), reason=str(error))
            return False
        if self._on_share:
            self._on_share(reply.share)
        lost = self._leases.mark_lost(reply.lost)
        self._metrics.leases_lost(len(lost))
        for lease in lost:
            _log.warning("worker.lease_lost", attempt_id=lease.ticket.attempt_id, token=lease.ticket.token)
        return True
