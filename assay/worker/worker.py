"""The loop shared by runners and judges: fetch orders, claim attempts, process them in parallel, send reports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from structlog.contextvars import bound_contextvars

from assay.bus.errors import BusClosed, MessageRefused
from assay.bus.protocol import Bus, Delivery, Envelope, connection_trouble
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Order, Stage, Ticket
from assay.contracts.ids import run_of
from assay.tracing import resume
from assay.tracing.span import NO_CARRIER, Kind
from assay.worker.claimer import Claimer
from assay.worker.heartbeat import HeartbeatLoop, OnShare, Outages
from assay.worker.leases import Lease, Leases
from assay.worker.metrics import WorkerMetrics
from assay.worker.order_source import OrderSource
from assay.worker.pod_deletion_cost import keep_deletion_cost
from assay.worker.sandbox_capabilities import SandboxCapabilities

Report = AttemptExecuted | AttemptJudged
Work = Callable[[Ticket], Awaitable[Report]]
FailureReport = Callable[[Ticket, BaseException], Report]
"""Builds the report on a ticket whose work raised an exception."""
Shortage = Callable[[], str]
"""Returns what the host is short of; empty if nothing."""

_SPANS = {Stage.RUN: "try", Stage.JUDGE: "grading"}
_CLEANUP_SECONDS = 4.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """``gather_seconds``: time to wait so that slots freed at almost the same time are filled by one claim.
    ``heartbeat_seconds`` applies unless a lease requires a shorter interval (a third of its duration)."""

    worker_id: str
    stage: Stage
    pool: str = "default"
    slots: int = 4
    drain_seconds: float = 25.0
    heartbeat_seconds: float = 4.0
    gather_seconds: float = 0.01
    recheck_seconds: float = 2.0


class Worker:
    """``work`` processes a ticket; ``failure_report`` converts its exceptions into reports. If the lease is lost,
    ``work`` is cancelled: it can return a report of what it did so far, or propagate the cancellation. ``on_share``
    receives the worker's share of its stage. While ``shortage`` returns a text, the worker starts nothing and offers no
    slots."""

    def __init__(
        self,
        options: WorkerOptions,
        bus: Bus,
        work: Work,
        failure_report: FailureReport,
        on_share: OnShare | None = None,
        shortage: Shortage = str,
        capabilities: SandboxCapabilities | None = None,
        outages: Outages = tuple,
    ) -> None:
        self._options, self._bus, self._work, self._failure_report = options, bus, work, failure_report
        self._shortage = shortage
        self._leases = Leases(options.slots)
        self._stopping = asyncio.Event()
        self._metrics = WorkerMetrics(options.stage, lambda: self._heartbeat.slots)
        self._claimer = Claimer(options.worker_id, options.stage, bus, self._stopping, self._metrics)
        self._capabilities = capabilities
        self._heartbeat = HeartbeatLoop(
            options.worker_id,
            options.stage,
            options.pool,
            bus,
            self._leases,
            self._metrics,
            on_share,
            available_sandboxes=lambda: capabilities.available if capabilities else None,
            outages=outages,
        )
        self._orders = OrderSource(options.stage, options.pool, bus.work)
        if capabilities:
            capabilities.on_change = self._on_capabilities

    async def trouble(self) -> str:
        """Why the worker takes no new work: for readiness probes. Empty if it does."""
        if self._stopping.is_set():
            return f"it is draining; attempts left: {len(self._leases)}"
        return await connection_trouble(self._bus)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish running work within ``drain_seconds``. Raises BusClosed if the
        connection to the bus is closed."""
        options, closed = self._options, self._bus.closed
        _log.info("worker.started", worker_id=options.worker_id, stage=options.stage, slots=options.slots)
        heartbeat = asyncio.create_task(self._heartbeat.run(options.slots, options.heartbeat_seconds))
        refilling = asyncio.create_task(self._refill())
        aside = [asyncio.create_task(keep_deletion_cost(lambda: len(self._leases)))]
        if self._capabilities:
            aside.append(asyncio.create_task(self._capabilities.probe_forever()))
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(closed.wait())]
        try:
            await asyncio.wait((*ends, refilling, heartbeat), return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            if not closed.is_set():
                await self._drain(refilling)
        finally:
            await self._leases.give_up(_CLEANUP_SECONDS)
            await _cancel(refilling, heartbeat, *aside, *ends)
        _log.info("worker.stopped", worker_id=options.worker_id)
        if closed.is_set():
            raise BusClosed("the connection to the bus is closed; the worker ends and must be restarted")

    def _on_capabilities(self) -> None:
        assert self._capabilities is not None
        self._orders.offer(self._capabilities.available)
        self._heartbeat.send_soon()

    async def _drain(self, refilling: asyncio.Task[None]) -> None:
        """Wait for a pending claim first; otherwise its attempts would be blocked until their leases expire."""
        self._heartbeat.slots = 0
        try:
            async with asyncio.timeout(self._options.drain_seconds):
                await asyncio.wait((refilling,))
                _log.info("worker.draining", worker_id=self._options.worker_id, attempts=len(self._leases))
                await self._leases.ended()
        except TimeoutError:
            _log.warning("worker.drain_timed_out", worker_id=self._options.worker_id, attempts=len(self._leases))

    async def _refill(self) -> None:
        """Keep all slots busy until the worker stops."""
        stopped = asyncio.create_task(self._stopping.wait())
        while not self._stopping.is_set():
            fetching = asyncio.create_task(self._next_orders())
            await asyncio.wait((fetching, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not fetching.done():
                await _cancel(fetching)
            elif orders := fetching.result():
                await self._take(orders)
        await self._orders.stop_waiting()

    async def _next_orders(self) -> Sequence[Delivery[Order]]:
        """Fetch at most as many orders as there are free slots, urgent ones first."""
        while not self._leases.free:
            await self._leases.changed()
        await self._wait_for_resources()
        if self._leases.free < self._options.slots:
            await asyncio.sleep(self._options.gather_seconds)
        return await self._orders.next(self._leases.free)

    async def _wait_for_resources(self) -> None:
        """Wait until the host has enough resources. Running work continues and can free some."""
        if not (reason := self._shortage()):
            return
        _log.warning("worker.resources_short", worker_id=self._options.worker_id, reason=reason)
        self._heartbeat.slots = 0
        await self._orders.stop_waiting()
        while self._shortage():  # noqa: ASYNC110 (the host sends no notification)
            await asyncio.sleep(self._options.recheck_seconds)
        self._heartbeat.slots = self._options.slots
        _log.info("worker.resources_available", worker_id=self._options.worker_id)

    async def _take(self, orders: Sequence[Delivery[Order]]) -> None:
        traces = {(order.message.attempt_id, order.message.token): order.trace for order in orders}
        for ticket in await self._claimer.claim(orders):
            lease = Lease(ticket, traces.get((ticket.attempt_id, ticket.token), NO_CARRIER))
            if self._leases.is_new(lease.claim):
                self._leases.add(lease, asyncio.create_task(self._process(lease)))
                self._heartbeat.shorten_interval(ticket.lease_seconds / 3)

    async def _process(self, lease: Lease) -> None:
        """In the trace of the order and with its ids in every log line."""
        ticket, options = lease.ticket, self._options
        ids = {"run_id": run_of(ticket.attempt_id), "attempt_id": ticket.attempt_id}
        attributes = {f"assay.{name}": value for name, value in ids.items()} | {"assay.worker_id": options.worker_id}
        with bound_contextvars(**ids), resume(_SPANS[options.stage], Kind.CONSUMER, lease.trace, attributes) as span:
            with self._metrics.working() as ended:
                report = await self._run_work(lease)
                ended(_outcome(report))
            span.set({"assay.outcome": _outcome(report)})
            self._leases.release_slot(lease)
            await self._report(ticket, report)

    async def _run_work(self, lease: Lease) -> Report:
        """The report on one ticket. If the lease was lost but ``work`` returns a report anyway, it is sent as well: the
        ledger ignores its result, because the token is outdated, but books its calls."""
        try:
            report = await self._work(lease.ticket)
        except asyncio.CancelledError as error:
            if lease.lost:
                raise
            report = self._unexpected_error(lease, error)
        except Exception as error:
            report = self._unexpected_error(lease, error)
        return report

    def _unexpected_error(self, lease: Lease, error: BaseException) -> Report:
        _log.error("worker.work_failed", attempt_id=lease.ticket.attempt_id, token=lease.ticket.token, exc_info=error)
        return self._failure_report(lease.ticket, error)

    async def _report(self, ticket: Ticket, report: Report) -> None:
        """Retry until the report is stored. A report that the bus refuses is replaced by a failure report."""
        try:
            await self._publish(report)
        except MessageRefused as error:
            _log.error("worker.report_refused", attempt_id=ticket.attempt_id, token=ticket.token, error=str(error))
            await self._publish(self._failure_report(ticket, error))

    async def _publish(self, report: Report) -> None:
        await self._bus.work.publish([Envelope.of(subjects.report(report), report.message_id, report)])


def _outcome(report: Report) -> str:
    outcome = report.outcome if isinstance(report, AttemptExecuted) else report.verdict.outcome
    return outcome or "executed"


async def _cancel(*tasks: asyncio.Task[object]) -> None:
    """Cancel the tasks; raises errors they failed with before."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError | BusClosed):
            raise outcome
