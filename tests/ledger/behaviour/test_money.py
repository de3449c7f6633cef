"""Money: held, posted and released; no limit is ever exceeded, and all sums agree."""

from __future__ import annotations

import msgspec

from assay.contracts.facts import RunWarned
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.money import NANO, Price, usd
from assay.contracts.rpc import (
    CostBy,
    GetCosts,
    TopUpGrant,
)
from assay.contracts.runs import ModelPin, RunView
from tests.ledger.harness import PRICE, WORST, LedgerHarness, call, costs, executed, judged, limited, plan


async def test_a_claim_holds_the_worst_case_and_the_report_posts_the_real_cost(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    assert ticket.grant_nanousd == WORST
    assert await ledger.accounts() == {"run": (WORST, 0), "day": (WORST, 0), "project": (WORST, 0)}
    assert (await ledger.runs.get(run.run_id)).progress.held_usd == usd(WORST)
    await ledger.audit()
    await ledger.report_executed(ticket, calls=costs(ticket, 5, 8))
    assert await ledger.accounts() == {"run": (0, 13), "day": (0, 13), "project": (0, 13)}
    view = await ledger.runs.get(run.run_id)
    assert (view.progress.cost_usd, view.progress.held_usd) == (usd(13), "0")
    await ledger.audit()


async def test_a_run_that_costs_nothing_has_no_account(ledger: LedgerHarness) -> None:
    free = ModelPin(model=ModelSpec(name="local/m"), price=Price(version="local", local=True))
    run = await ledger.submit_plan(msgspec.structs.replace(plan(), models=(free,)))
    tickets = await ledger.start_attempts(run)
    assert [ticket.grant_nanousd for ticket in tickets] == [0, 0]
    assert await ledger.accounts() == {} and await ledger.table("transfers") == []


async def test_a_cost_above_the_hold_is_booked_as_excess_with_a_warning(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1, limits=limited(usd(WORST)))
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket, calls=costs(ticket, WORST - 1, 6))
    assert await ledger.accounts() == {
        "run": (0, WORST),
        "day": (0, WORST),
        "project": (0, WORST),
        "excess": (0, 5),
    }
    alarms = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [alarm.account for alarm in alarms if alarm.account == "excess"] == ["excess"]
    await ledger.audit()


async def test_a_run_warns_of_costs_above_holds_once(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=4)
    tickets = await ledger.start_attempts(run)
    await ledger.reports.executed([executed(ticket, calls=costs(ticket, WORST + 1)) for ticket in tickets[:2]])
    for ticket in tickets[2:]:
        await ledger.report_executed(ticket, calls=costs(ticket, WORST + 1))
    warned = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [fact.account for fact in warned if fact.account == "excess"] == ["excess"]
    other = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(other)
    await ledger.report_executed(ticket, calls=costs(ticket, WORST + 1))
    assert [e for e in await ledger.events(other.run_id) if isinstance(e.data, RunWarned)], "once per run"
    await ledger.audit()


async def test_the_whole_hold_of_a_lost_try_is_posted(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (lost,) = await ledger.start_attempts(run)
    assert await ledger.expire_leases() == 1
    (again,) = await ledger.start_attempts(run)
    assert await ledger.accounts() == {"run": (2 * WORST, 0), "day": (2 * WORST, 0), "project": (2 * WORST, 0)}
    assert again.grant_nanousd == WORST
    await ledger.report_executed(again, calls=costs(again, 9))
    await ledger.age_attempts()
    await ledger.sweeper.sweep()
    assert (await ledger.accounts())["run"] == (0, WORST + 9)
    detail = await ledger.attempts.get(again.attempt_id)
    assert [(c.call_id, c.cost_nanousd) for c in detail.calls if c.estimated] == [(f"{lost.attempt_id}:1:lost", WORST)]
    await ledger.audit()
    # It was only slow: the posted hold covers its late report.
    await ledger.report_executed(lost, calls=costs(lost, 100))
    assert (await ledger.accounts())["run"] == (0, WORST + 9)
    await ledger.audit()


async def test_a_late_report_before_the_hold_is_settled_posts_the_real_cost(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (slow,) = await ledger.start_attempts(run)
    await ledger.expire_leases()
    await ledger.report_executed(slow, calls=costs(slow, 3))
    assert (await ledger.accounts())["run"] == (0, 3)
    await ledger.audit()


async def test_a_duplicate_report_posts_once(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    report = executed(ticket, calls=costs(ticket, 5))
    other = msgspec.structs.replace(report, message_id="another id")
    await ledger.reports.executed([report, report])
    await ledger.reports.executed([report])
    await ledger.reports.executed([other])
    assert (await ledger.accounts())["run"] == (0, 5)
    await ledger.audit()


async def test_a_top_up_is_granted_once_per_request_and_all_or_nothing(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1, limits=limited(usd(2 * WORST)))
    (ticket,) = await ledger.start_attempts(run)
    ask = TopUpGrant(request_id="r1", attempt_id=ticket.attempt_id, token=ticket.token, amount_nanousd=WORST - 10)
    for _ in range(3):
        assert (await ledger.funds.top_up(ask)).granted_nanousd == WORST - 10
    refused = await ledger.funds.top_up(msgspec.structs.replace(ask, request_id="r2", amount_nanousd=11))
    assert refused.granted_nanousd == 0 and "exceeds the run's limit" in refused.reason and not refused.lost
    assert (await ledger.accounts())["run"] == (2 * WORST - 10, 0)
    await ledger.audit()
    stale = await ledger.funds.top_up(msgspec.structs.replace(ask, request_id="r4", token=9))
    assert stale.lost


async def test_a_top_up_after_the_report_is_not_granted(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket)
    late = TopUpGrant(request_id="late", attempt_id=ticket.attempt_id, token=ticket.token, amount_nanousd=5)
    assert (await ledger.funds.top_up(late)).lost
    await ledger.audit()


async def test_calls_of_judges_have_their_own_account(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket, calls=costs(ticket, 5))
    (granted,) = (await ledger.claim([ticket.attempt_id], stage=ledger.JUDGE, worker_id="judge")).granted
    rubric = Call(call_id="rubric", model="openai/judge", cost_nanousd=11)
    await ledger.reports.judged([msgspec.structs.replace(judged(granted), calls=(rubric,))])
    assert (await ledger.accounts())["judge"] == (0, 11)
    assert (await ledger.runs.get(run.run_id)).progress.cost_usd == usd(5)
    assert (await ledger.funds.costs(GetCosts())).judge_usd == usd(11)
    await ledger.audit()


async def test_costs_are_summed_by_label_and_can_be_recalculated_at_other_prices(ledger: LedgerHarness) -> None:
    run: RunView = await ledger.submit(samples=2, models=("a/one", "b/two"))
    for ticket in await ledger.start_attempts(run):
        usage = Usage(input_tokens=1000, output_tokens=10)
        made = msgspec.structs.replace(call(ticket, 1_020_000), usage=usage)
        await ledger.report_executed(ticket, calls=(made,))
    by_model = await ledger.funds.costs(GetCosts(by=CostBy.MODEL, run_id=run.run_id))
    assert [(row.label, row.calls, row.cost_usd) for row in by_model.rows] == [
        ("a/one", 2, usd(2_040_000)),
        ("b/two", 2, usd(2_040_000)),
    ]
    assert by_model.total.cost_usd == (await ledger.runs.get(run.run_id)).progress.cost_usd
    dearer = Price(version="next", input_nanousd_per_mtok=2 * NANO, output_nanousd_per_mtok=2 * NANO)
    recosted = await ledger.funds.costs(GetCosts(by=CostBy.DAY, prices={"a/one": dearer}))
    assert recosted.total.recosted_usd == usd(2 * (2_000_000 + 20_000))
    assert (await ledger.funds.costs(GetCosts(by=CostBy.CALL))).total == by_model.total
    assert len((await ledger.funds.costs(GetCosts(by=CostBy.CALL, limit=3))).rows) == 3
    assert PRICE.version == "test"
