"""Report intake: fetches workers' reports, books them, then acknowledges them. Every ledger process does this."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager

import structlog

from assay.bus.errors import Retryable
from assay.bus.protocol import Bus, Delivery
from assay.bus.queues import REPORTS
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Report
from assay.contracts.ids import run_of
from assay.tracing import resume
from assay.tracing.span import Kind
from services.ledger.errors import Unavailable
from services.ledger.leader import DEBOUNCE_SECONDS, RETRY_SECONDS
from services.ledger.ports import Reports

_log = structlog.get_logger()


async def take_reports(bus: Bus, reports: Reports, batch: int) -> None:
    """Runs for ever."""
    while True:
        try:
            deliveries = await bus.work.fetch(REPORTS, batch, wait_seconds=5.0)
            with _traced(deliveries):
                await _settle_when_possible(bus, deliveries, reports)
            await asyncio.sleep(DEBOUNCE_SECONDS)
        except Retryable as error:
            _log.warning("reports.delayed", reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)


@contextmanager
def _traced(deliveries: Sequence[Delivery[Report]]) -> Generator[None]:
    """A step in the trace of each report, although they are booked together."""
    with ExitStack() as steps:
        for delivery in deliveries:
            report = delivery.message
            attributes = {"assay.run_id": run_of(report.attempt_id), "assay.attempt_id": report.attempt_id}
            name = f"book {report.name()}"
            steps.enter_context(resume(name, Kind.CONSUMER, delivery.trace, attributes, current=False))
        yield


async def _settle_when_possible(bus: Bus, deliveries: Sequence[Delivery[Report]], reports: Reports) -> None:
    """While Postgres is away the reports are kept: if they were returned, they would be redelivered until they count as
    unhandleable. When this ledger stops they are returned at once, or leases would run out meanwhile and finished work
    would be paid for again."""
    while True:
        try:
            await settle(deliveries, reports)
            return
        except asyncio.CancelledError:
            for delivery in deliveries:
                await delivery.nak()
            raise
        except Unavailable as error:
            _log.warning("reports.delayed", reports=len(deliveries), reason=str(error))
            await bus.work.in_progress(deliveries)
            await asyncio.sleep(RETRY_SECONDS)


async def settle(deliveries: Sequence[Delivery[Report]], reports: Reports) -> None:
    """Book all in one batch; if that fails one by one, so that a report that cannot be booked does not hold up the
    others."""
    if not deliveries:
        return
    try:
        await _book([delivery.message for delivery in deliveries], reports)
    except Unavailable:
        raise
    except Exception as error:  # one report broke the transaction; the others can still be booked
        if len(deliveries) == 1:
            await _dead_letter(deliveries[0], error)
            return
        for delivery in deliveries:
            await settle([delivery], reports)
        return
    for delivery in deliveries:
        await delivery.ack()


async def _book(messages: Sequence[Report], reports: Reports) -> None:
    """One transaction for many reports costs little more than for one (docs/decisions/0002)."""
    executed = [message for message in messages if isinstance(message, AttemptExecuted)]
    judged = [message for message in messages if isinstance(message, AttemptJudged)]
    if executed:
        await reports.executed(executed)
    if judged:
        await reports.judged(judged)


async def _dead_letter(delivery: Delivery[Report], error: Exception) -> None:
    report = delivery.message
    _log.error("report.unbookable", attempt_id=report.attempt_id, message_id=report.message_id, error=repr(error))
    await delivery.dead_letter(f"{type(error).__name__}: {error}")
