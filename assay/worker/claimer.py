"""Claims leases for orders, several per request to the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Bus, Delivery
from assay.contracts.attempts import Order, Stage, Ticket
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import Claim, ClaimAttempts, Claims
from assay.worker.metrics import WorkerMetrics

_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 2.0
_RETURN_DELAY_SECONDS = 5.0
_TIMEOUT_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Claimer:
    def __init__(self, worker_id: str, stage: Stage, bus: Bus, stopping: asyncio.Event, metrics: WorkerMetrics) -> None:
        self._worker_id, self._stage, self._bus, self._stopping = worker_id, stage, bus, stopping
        self._metrics = metrics

    async def claim(self, orders: Sequence[Delivery[Order]]) -> Sequence[Ticket]:
        """Claim the orders' attempts; returns the granted tickets. Settles every order: if the ledger replied, whatever
        the reply, the orders are acknowledged; otherwise they are returned to the queue."""
        claims = {Claim(attempt_id=order.message.attempt_id, token=order.message.token): None for order in orders}
        reply = await self._request(
            ClaimAttempts(worker_id=self._worker_id, stage=self._stage, claims=tuple(claims)), orders
        )
        if reply is None:
            for order in orders:
                await order.nak(0.0 if self._stopping.is_set() else _RETURN_DELAY_SECONDS)
            return ()
        for order in orders:
            await order.ack()
        self._metrics.claimed(len(reply.granted), len(reply.denied))
        _log.info("worker.claimed", granted=len(reply.granted), denied=len(reply.denied))
        return reply.granted

    async def _request(self, request: ClaimAttempts, orders: Sequence[Delivery[Order]]) -> Claims | None:
        """Retry until the ledger replies. None if it rejects the request, or if the worker stops during an outage."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._bus.rpc.request(request, _TIMEOUT_SECONDS)
            except (BusUnavailable, ProblemError) as error:
                rejected = isinstance(error, ProblemError) and error.problem.status < 500
                _log.warning("worker.claim_failed", orders=len(orders), rejected=rejected, reason=str(error))
            if rejected or self._stopping.is_set():
                return None
            await self._bus.work.in_progress(orders)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE_SECONDS)
