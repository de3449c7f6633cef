"""The metrics of the ledger: gauges that the leader reads from Postgres, and counters of what was booked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from assay.bus.memory.bus import MemoryBus
from assay.contracts.verdicts import Outcome
from services.ledger.database.connection import Connection
from services.ledger.metrics.gauges import SystemGauges
from services.ledger.metrics.pool import report_pool
from services.ledger.settings import LedgerSettings
from tests.ledger.harness import LedgerHarness, costs, executed

RUN = {"stage": "run", "pool": "default"}
HOUR = 3600


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def growth(name: str, **labels: str) -> Callable[[], float]:
    """How much the counter grew since this call."""
    before = value(name, **labels) or 0.0
    return lambda: (value(name, **labels) or 0.0) - before


def gauges_of(ledger: LedgerHarness, bus: MemoryBus) -> SystemGauges:
    return SystemGauges(ledger.database, bus.storage, LedgerSettings(), ledger.wanted_slots)


async def test_the_leader_reports_queue_slots_outbox_and_money(ledger: LedgerHarness) -> None:
    gauges = gauges_of(ledger, MemoryBus())
    await ledger.add_runner(slots=2)
    run = await ledger.submit(samples=5)
    await ledger.scheduler.schedule()
    await ledger.set_past("pending_orders", "ordered_at", HOUR)
    with gauges.reported():
        await gauges.read()
        assert (value("assay_orders", **RUN), value("assay_workers", **RUN)) == (3, 1)
        assert (value("assay_slots", **RUN), value("assay_slots_in_use", **RUN)) == (2, 0)
        age = value("assay_oldest_order_seconds", **RUN)
        assert age is not None and HOUR <= age < 2 * HOUR
        assert (value("assay_runs"), value("assay_attempts", state="waiting")) == (1, 2)
        assert (value("assay_outbox_rows", kind="order"), value("assay_outbox_rows", kind="fact")) == (3, 4)
        assert (value("assay_outbox_lag_seconds") or -1) > 0
        assert (value("assay_reports_waiting"), value("assay_day_limit_usd", project=run.project)) == (0, 20)
        await ledger.outbox.facts_published(await ledger.outbox.facts())
        await ledger.start_attempts(run, slots=2)
        await gauges.read()
        assert (value("assay_orders", **RUN), value("assay_slots_in_use", **RUN)) == (0, 3)
        assert (value("assay_day_held_usd", project=run.project) or 0) > 0


async def test_a_ledger_that_does_not_lead_reports_nothing_of_the_system(ledger: LedgerHarness) -> None:
    gauges = gauges_of(ledger, MemoryBus())
    assert (value("assay_ledger_leads"), value("assay_runs")) == (0, None)
    with gauges.reported():
        assert (value("assay_ledger_leads"), value("assay_runs")) == (1, None)
        await gauges.read()
        assert value("assay_runs") == 0
    assert (value("assay_ledger_leads"), value("assay_runs")) == (0, None)


async def test_what_takes_long_to_read_is_read_less_often(ledger: LedgerHarness) -> None:
    times = iter((100.0, 100.2, 119.9, 120.1, 120.2))  # the first reading takes from 100 to 100.2
    gauges = SystemGauges(
        ledger.database, MemoryBus().storage, LedgerSettings(), ledger.wanted_slots, lambda: next(times)
    )
    with gauges.reported():
        await gauges.update()
        await ledger.submit(samples=1)
        await gauges.update()
        assert value("assay_runs") == 0
        await gauges.update()
        assert value("assay_runs") == 1


async def test_without_the_bus_the_database_is_still_reported(ledger: LedgerHarness) -> None:
    bus = MemoryBus()
    gauges = gauges_of(ledger, bus)
    bus.link.cut()
    with gauges.reported():
        await gauges.read()
        assert (value("assay_runs"), value("assay_reports_waiting")) == (0, None)


async def test_tries_outcomes_and_spend_are_counted_once(ledger: LedgerHarness) -> None:
    started, graded = (
        growth("assay_tries_started_total", stage="run"),
        growth("assay_tries_started_total", stage="judge"),
    )
    passed = growth("assay_attempts_finished_total", outcome="passed")
    run = await ledger.submit(samples=2)
    spend = growth("assay_spend_usd_total", project=run.project, purpose="model")
    tickets = await ledger.start_attempts(run)
    report = executed(tickets[0], calls=costs(tickets[0], 2_000_000))
    await ledger.reports.executed([report])
    await ledger.reports.executed([report])
    await ledger.grade(tickets[0])
    assert (started(), graded(), passed()) == (2, 1, 1)
    assert spend() == pytest.approx(0.002)


async def test_expired_leases_and_the_tries_they_cost_are_counted(ledger: LedgerHarness) -> None:
    expired = growth("assay_leases_expired_total", stage="run")
    lost = growth("assay_tries_repeated_total", stage="run", reason="lost")
    ended = growth("assay_attempts_finished_total", outcome="infra_error")
    run = await ledger.submit(samples=1)
    await ledger.start_attempts(run)
    assert await ledger.expire_leases() == 1
    assert (expired(), lost(), ended()) == (1, 1, 0)
    await ledger.start_attempts(run)
    assert await ledger.expire_leases() == 1
    assert (expired(), lost(), ended()) == (2, 1, 1), "no tries are left"


async def test_cancelled_attempts_are_counted_although_no_fact_reports_them(ledger: LedgerHarness) -> None:
    cancelled = growth("assay_attempts_finished_total", outcome=Outcome.CANCELLED)
    run = await ledger.submit(samples=3)
    await ledger.rows("UPDATE runs SET status = 'cancelling', cancel_at = now() WHERE run_id = $1", run.run_id)
    await ledger.sweeper.sweep()
    assert cancelled() == 3


async def test_what_a_failed_transaction_booked_is_not_counted(ledger: LedgerHarness) -> None:
    calls: list[str] = []

    async def work(connection: Connection, *, fail: bool) -> None:
        connection.on_commit(lambda: calls.append("committed"))
        if fail:
            raise LookupError

    with pytest.raises(LookupError):
        await ledger.database.transact(lambda connection: work(connection, fail=True))
    assert calls == []
    await ledger.database.transact(lambda connection: work(connection, fail=False))
    assert calls == ["committed"]


async def test_the_pool_of_connections_is_read_when_it_is_scraped(ledger: LedgerHarness) -> None:
    report_pool(ledger.database)
    idle = value("assay_database_connections", state="used")
    async with ledger.database.session() as connection:
        await connection.execute("SELECT 1")
        assert (idle, value("assay_database_connections", state="used")) == (0, 1)
    assert value("assay_database_connections_limit") == 4


async def test_a_ledger_without_its_database_says_why_it_is_not_ready(ledger: LedgerHarness) -> None:
    assert await ledger.database.trouble() == ""
    await ledger.database._pool.close()
    assert await ledger.database.trouble() != ""
