"""The traces that orders continue: of the run's submission, or of each attempt where a run is large."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay import tracing
from assay.tracing.span import NO_CARRIER, TRACEPARENT, Kind
from services.ledger.outbox.order_traces import MAX_ATTEMPTS_IN_A_TRACE
from tests.ledger.harness import LedgerHarness
from tests.otlp_receiver import Receiver, traced


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with traced("ledger", monkeypatch) as receiver:
        yield receiver


async def order_traces(ledger: LedgerHarness, samples: int) -> tuple[str, list[str]]:
    """The trace of the run's submission, and those of its orders."""
    await ledger.add_runner(slots=2)
    with tracing.begin("POST", Kind.SERVER, NO_CARRIER):
        submission = trace_id(tracing.carrier().get(TRACEPARENT, ""))
        await ledger.submit(samples=samples)
    await ledger.scheduler.schedule()
    orders = await ledger.outbox.orders()
    return submission, [trace_id(order.envelope.trace.get(TRACEPARENT, "")) for order in orders]


def trace_id(traceparent: str) -> str:
    return traceparent.partition("-")[2].partition("-")[0]


async def test_the_orders_of_a_run_continue_the_trace_of_its_submission(
    ledger: LedgerHarness, receiver: Receiver
) -> None:
    submission, orders = await order_traces(ledger, samples=3)
    assert orders == [submission] * 3
    tracing.stop_tracing()
    spans = receiver.named("order attempt.execute")
    assert [(span.trace_id, span.links) for span in spans] == [(submission, ())] * 3


async def test_each_attempt_of_a_large_run_has_a_trace_that_links_to_the_submission(
    ledger: LedgerHarness, receiver: Receiver
) -> None:
    submission, orders = await order_traces(ledger, samples=MAX_ATTEMPTS_IN_A_TRACE + 1)
    assert len({submission, *orders}) == len(orders) + 1
    assert [trace_id(order.envelope.trace[TRACEPARENT]) for order in await ledger.outbox.orders()] == orders
    tracing.stop_tracing()
    spans = receiver.named("order attempt.execute")
    assert {span.trace_id for span in spans} == set(orders)
    assert {span.links for span in spans} == {(submission,)}


async def test_orders_of_a_run_that_was_not_traced_carry_nothing(ledger: LedgerHarness) -> None:
    assert await order_traces(ledger, samples=2) == ("", ["", ""])
