"""The loop shared by runners and judges: fetch orders, claim them, work on them in parallel, report."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from assay.bus.errors import BusClosed, MessageRefused
from assay.bus.protocol import Bus, Delivery, Envelope
from assay.bus.queues import orders_queues
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Order, Stage, Ticket
from assay.worker.claimer import Claimer
from assay.worker.heartbeat import HeartbeatLoop, OnShare
from assay.worker.leases import Lease, Leases
from assay.worker.sandbox_capabilities import SandboxCapabilities

Report = AttemptExecuted | AttemptJudged
Work = Callable[[Ticket], Awaitable[Report]]
Failed = Callable[[Ticket, BaseException], Report]
Shortage = Callable[[], str]
"""What the host is short of, or nothing."""

_FETCH_SECONDS = 5.0
_CLEANUP_SECONDS = 4.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """``gather_seconds`` lets slots that are freed at nearly the same time be filled by one claim.
    ``heartbeat_seconds`` holds while no lease asks for more haste (a third of its length)."""

    worker_id: str
    stage: Stage
    pool: str = "default"
    slots: int = 4
    drain_seconds: float = 25.0
    heartbeat_seconds: float = 4.0
    gather_seconds: float = 0.01
    recheck_seconds: float = 2.0


class Worker:
    """``work`` acts on a ticket; what it raises becomes the report that ``failed`` makes of it. ``work`` is cancelled
    when its lease is lost: it may end with a report of what it did until then, or let the cancellation pass.
    ``hear_share`` is told how much of the work of its stage this worker does. While ``shortage`` says that the host is
    short of something, nothing new is begun and no slots are offered. ``offer`` finds out what sandboxes it gives."""

    def __init__(
        self,
        options: WorkerOptions,
        bus: Bus,
        work: Work,
        failed: Failed,
        on_share: OnShare | None = None,
        shortage: Shortage = str,
        capabilities: SandboxCapabilities | None = None,
    ) -> None:
        self._options, self._bus, self._work, self._failed = options, bus, work, failed
        self._shortage = shortage
        self._leases = Leases(options.slots)
        self._stopping = asyncio.Event()
        self._claimer = Claimer(options.worker_id, options.stage, bus, self._stopping)
        self._capabilities = capabilities
        self._heartbeat = HeartbeatLoop(
            *(options.worker_id, options.stage, options.pool, bus, self._leases, on_share),
            available_sandboxes=lambda: capabilities.available if capabilities else None,
        )
        if capabilities:
            capabilities.on_change = self._heartbeat.send_soon
        *self._urgent, self._queue = orders_queues(options.stage, options.pool)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop`` is set, and then finishes what it has for at most ``drain_seconds``. Raises BusClosed
        when the bus is gone for good."""
        options, closed = self._options, self._bus.closed
        _log.info("worker.started", worker=options.worker_id, stage=options.stage, slots=options.slots)
        beating = asyncio.create_task(self._heartbeat.run(options.slots, options.heartbeat_seconds))
        refilling = asyncio.create_task(self._refill())
        looking = [asyncio.create_task(self._capabilities.probe_forever())] if self._capabilities else []
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(closed.wait())]
        try:
            await asyncio.wait((*ends, refilling, beating), return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            if not closed.is_set():
                await self._drain(refilling)
        finally:
            await self._leases.give_up(_CLEANUP_SECONDS)
            await _cancel(refilling, beating, *looking, *ends)
        _log.info("worker.stopped", worker=options.worker_id)
        if closed.is_set():
            raise BusClosed("the connection to the bus is gone for good; the worker ends and is to be started again")

    async def _drain(self, refilling: asyncio.Task[None]) -> None:
        """A claim that is under way is waited for: what it grants would otherwise be lost until its lease runs out."""
        self._heartbeat.slots = 0
        try:
            async with asyncio.timeout(self._options.drain_seconds):
                await asyncio.wait((refilling,))
                _log.info("worker.draining", worker=self._options.worker_id, attempts=len(self._leases))
                await self._leases.ended()
        except TimeoutError:
            _log.warning("worker.gave_up", worker=self._options.worker_id, attempts=len(self._leases))

    async def _refill(self) -> None:
        """Keep every slot busy until told to stop."""
        stopped = asyncio.create_task(self._stopping.wait())
        while not self._stopping.is_set():
            fetching = asyncio.create_task(self._next_orders())
            await asyncio.wait((fetching, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not fetching.done():
                await _cancel(fetching)
            elif orders := fetching.result():
                await self._take(orders)

    async def _next_orders(self) -> Sequence[Delivery[Order]]:
        """At most as many as there are free slots. Orders are urgent only while there are others that would be found at
        once, so those are waited for."""
        while not self._leases.free:
            await self._leases.changed()
        await self._wait_for_resources()
        if self._leases.free < self._options.slots:
            await asyncio.sleep(self._options.gather_seconds)
        for queue in self._urgent:
            if orders := await self._bus.work.fetch(queue, self._leases.free, 0.0):
                return orders
        return await self._bus.work.fetch(self._queue, self._leases.free, _FETCH_SECONDS)

    async def _wait_for_resources(self) -> None:
        """What is under way goes on meanwhile, and may free what is short."""
        if not (reason := self._shortage()):
            return
        _log.warning("worker.short", worker=self._options.worker_id, reason=reason)
        self._heartbeat.slots = 0
        while self._shortage():  # noqa: ASYNC110 (nobody tells when a host has room again)
            await asyncio.sleep(self._options.recheck_seconds)
        self._heartbeat.slots = self._options.slots
        _log.info("worker.enough_again", worker=self._options.worker_id)

    async def _take(self, orders: Sequence[Delivery[Order]]) -> None:
        for ticket in await self._claimer.claim(orders):
            lease = Lease(ticket)
            if self._leases.is_new(lease.claim):
                self._leases.add(lease, asyncio.create_task(self._attempt(lease)))
                self._heartbeat.shorten_interval(ticket.lease_seconds / 3)

    async def _attempt(self, lease: Lease) -> None:
        report = await self._act(lease)
        self._leases.release_slot(lease)
        await self._report(lease.ticket, report)

    async def _act(self, lease: Lease) -> Report:
        """The report on one ticket. When the lease was lost meanwhile, what ``work`` still has to say of it is reported
        all the same: the ledger fences it by its token and books its calls."""
        try:
            report = await self._work(lease.ticket)
        except asyncio.CancelledError as error:
            if lease.lost:
                raise
            report = self._unexpected(lease, error)
        except Exception as error:
            report = self._unexpected(lease, error)
        return report

    def _unexpected(self, lease: Lease, error: BaseException) -> Report:
        _log.error("worker.work_failed", attempt=lease.ticket.attempt_id, token=lease.ticket.token, exc_info=error)
        return self._failed(lease.ticket, error)

    async def _report(self, ticket: Ticket, report: Report) -> None:
        """Until it is stored, however long the bus is away; a report the bus cannot take is replaced by a failure."""
        try:
            await self._publish(report)
        except MessageRefused as error:
            _log.error("worker.report_refused", attempt=ticket.attempt_id, token=ticket.token, error=str(error))
            await self._publish(self._failed(ticket, error))

    async def _publish(self, report: Report) -> None:
        await self._bus.work.publish([Envelope.of(subjects.report(report), report.message_id, report)])


async def _cancel(*tasks: asyncio.Task[object]) -> None:
    """Ends helpers; what they died of is raised unless it was this."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError | BusClosed):
            raise outcome
