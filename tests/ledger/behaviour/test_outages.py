"""Runs whose attempts wait for an unavailable model say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assay.contracts.attempts import Stage
from assay.contracts.facts import RunChanged, RunStalled
from assay.contracts.models import Outage
from assay.contracts.rpc import Heartbeat
from assay.contracts.runs import RunLimits, RunView, Wait, WaitReason
from tests.ledger.harness import LedgerHarness

MODEL = "oracle"

DOWN = Outage(model=MODEL, reason=f"{MODEL} is unavailable: 503")


async def report(ledger: LedgerHarness, *outages: Outage, worker_id: str = "runner") -> None:
    await ledger.attempts.heartbeat(Heartbeat(worker_id=worker_id, stage=Stage.RUN, slots=4, outages=outages))
    await ledger.sweeper.sweep()


async def waits(ledger: LedgerHarness, run: RunView) -> Wait | None:
    return (await ledger.runs.get(run.run_id)).waits


async def changes(ledger: LedgerHarness, run: RunView) -> list[Wait | None]:
    return [event.data.run.waits for event in await ledger.events(run.run_id) if isinstance(event.data, RunChanged)]


async def test_a_run_waits_for_its_model_until_no_runner_reports_an_outage(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    await ledger.start_attempts(run)
    await report(ledger, DOWN)
    first = await waits(ledger, run)
    assert first is not None and (first.reason, first.detail, first.until) == (WaitReason.OUTAGE, DOWN.reason, None)
    await report(ledger, DOWN)
    await report(ledger, worker_id="other")
    assert await waits(ledger, run) == first, "the other runner may not have tried"
    await report(ledger)
    assert await waits(ledger, run) is None
    assert await changes(ledger, run) == [first, None], "one fact per change"


async def test_the_end_of_a_pause_is_stated_and_kept(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.start_attempts(run)
    until = datetime.now(UTC) + timedelta(seconds=90)
    for jitter in (0.0, 0.7, -0.7):
        await report(ledger, Outage(model=MODEL, reason="429", until=until + timedelta(seconds=jitter)))
    later = until + timedelta(seconds=60)
    await report(ledger, Outage(model=MODEL, reason="429", until=later))
    stated = [wait for wait in await changes(ledger, run) if wait]
    assert [wait.until for wait in stated] == [until, later]
    assert stated[0].since == stated[1].since


@pytest.mark.parametrize("case", ["other_model", "not_started", "dead_runner"])
async def test_an_outage_of_no_concern_changes_nothing(ledger: LedgerHarness, case: str) -> None:
    run = await ledger.submit(samples=1)
    if case != "not_started":
        await ledger.start_attempts(run)
    if case == "dead_runner":
        await report(ledger, DOWN, worker_id="dead")
        assert await waits(ledger, run)
        await ledger.rows("UPDATE workers SET seen_at = now() - interval '1 hour' WHERE worker_id = 'dead'")
        await ledger.sweeper.sweep()
    else:
        await report(ledger, Outage(model="other/m", reason="503") if case == "other_model" else DOWN)
    assert await waits(ledger, run) is None


async def test_the_scheduler_leaves_an_outage_as_the_reason(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2, limits=RunLimits(concurrency=1))
    await ledger.start_attempts(run)
    await report(ledger, DOWN)
    await ledger.scheduler.schedule()
    stated = await waits(ledger, run)
    assert stated is not None and stated.reason is WaitReason.OUTAGE
    await report(ledger)
    await ledger.scheduler.schedule()
    stated = await waits(ledger, run)
    assert stated is not None and stated.reason is WaitReason.CONCURRENCY


async def test_a_paused_run_stays_paused(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.start_attempts(run)
    await ledger.control.pause(run.run_id)
    await report(ledger, DOWN)
    stated = await waits(ledger, run)
    assert stated is not None and stated.reason is WaitReason.PAUSED


async def test_a_run_that_stalls_names_the_outage(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.start_attempts(run)
    await report(ledger, DOWN)
    await ledger.set_past("runs", "progressed_at", 700)
    await ledger.sweeper.sweep()
    (stalled,) = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunStalled)]
    assert stalled.reason.startswith(f"1 attempt waiting: {DOWN.reason} (outage)")
