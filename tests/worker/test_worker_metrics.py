"""What operators see of a worker: its metrics, its readiness, and the context of its log lines."""

from __future__ import annotations

import asyncio

from prometheus_client import REGISTRY
from structlog.contextvars import get_contextvars

from assay.bus.memory import MemoryBus
from assay.contracts.attempts import AttemptExecuted, Ticket
from assay.worker.worker import Worker
from tests.fakes.ledger.ledger import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, executed, failed, running_worker, wait_until


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"stage": "run", **labels}) or 0.0


async def test_slots_in_use_and_outcomes_are_counted(ledger: FakeLedger) -> None:
    work = FakeWork()
    ended, granted = "assay_work_duration_seconds_count", "assay_worker_claims_total"
    before = value(ended, outcome="executed"), value(granted, result="granted")
    await ledger.work.order(1, 2)
    async with running_worker(ledger.bus, work.work):
        await work.wait_until_running(2)
        assert value("assay_worker_slots_in_use") == 2
        assert value("assay_worker_slots") == OPTIONS.slots
        work.finish.set()
        await ledger.work.wait_for_reports(2)
    assert value("assay_worker_slots_in_use") == value("assay_worker_slots") == 0
    assert value(ended, outcome="executed") - before[0] == 2
    assert value(granted, result="granted") - before[1] == 2


async def test_a_worker_is_not_ready_without_the_bus_and_while_it_drains(ledger: FakeLedger) -> None:
    work, stop, bus = FakeWork(), asyncio.Event(), ledger.bus
    assert isinstance(bus, MemoryBus)
    worker = Worker(OPTIONS, bus, work.work, failed)
    running = asyncio.create_task(worker.run(stop))
    await ledger.work.order(1)
    await work.wait_until_running(1)
    assert await worker.trouble() == ""
    bus.link.cut()
    assert await worker.trouble() == "not connected to the bus"
    bus.link.restore()
    stop.set()
    await wait_until(lambda: ledger.work.heartbeats and ledger.work.heartbeats[-1].slots == 0)
    assert await worker.trouble() == "it is draining; attempts left: 1"
    work.finish.set()
    await asyncio.wait_for(running, 30)


async def test_log_lines_of_a_try_say_which_one_it_is(ledger: FakeLedger) -> None:
    contexts: dict[str, dict[str, object]] = {}

    async def act(ticket: Ticket) -> AttemptExecuted:
        contexts[ticket.attempt_id] = get_contextvars()
        return executed(ticket)

    await ledger.work.order(1, 2)
    async with running_worker(ledger.bus, act):
        await ledger.work.wait_for_reports(2)
    assert contexts == {
        "r-1": {"run_id": "r", "attempt_id": "r-1"},
        "r-2": {"run_id": "r", "attempt_id": "r-2"},
    }
