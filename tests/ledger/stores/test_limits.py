"""Limits: what they let go, hold back, end and refuse; and that no race passes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from assay.contracts.attempts import Denial, Fault, State
from assay.contracts.facts import AttemptRecalled, RunWarned
from assay.contracts.money import usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    ChangeRun,
    GetMoney,
    ListAttempts,
    SetMoneyLimits,
)
from assay.contracts.runs import RunStatus, WaitReason
from assay.contracts.spending import AccountKind
from assay.contracts.verdicts import Outcome
from tests.ledger.desk import WORST, Desk, costs, limited, plan


async def test_a_claim_without_money_waits_again_and_no_token_is_worth_anything(desk: Desk) -> None:
    run = await desk.submit(samples=3, limits=limited(usd(2 * WORST)), partial=True)
    await desk.hire(10)
    await desk.queue_all(run)
    claims = await desk.claim([f"{run.run_id}-{n}" for n in (1, 2, 3)])
    assert [ticket.attempt_id for ticket in claims.granted] == [f"{run.run_id}-1", f"{run.run_id}-2"]
    assert [(denied.attempt_id, denied.reason) for denied in claims.denied] == [(f"{run.run_id}-3", Denial.BUDGET)]
    (row,) = await desk.table("attempts", attempt_id=f"{run.run_id}-3")
    assert (row["state"], row["token"], row["tries"]) == ("waiting", 2, 0)
    (recalled,) = [event.data for event in await desk.events(run.run_id) if isinstance(event.data, AttemptRecalled)]
    assert recalled.attempt.state is State.WAITING and "the limit of the run" in recalled.cause
    await desk.audit()


async def test_released_money_lets_the_next_go_and_spent_money_ends_the_rest(desk: Desk) -> None:
    run = await desk.submit(samples=5, limits=limited(usd(2 * WORST)), partial=True)
    first = await desk.start(run)
    assert len(first) == 2, "the feeder released no more than can be paid for"
    assert (await desk.runs.get(run.run_id)).waits.reason is WaitReason.BUDGET  # pyright: ignore[reportOptionalMemberAccess]
    assert await desk.feeder.feed() == 0
    await desk.hand_in(first[0], calls=costs(first[0], 1))
    assert len(await desk.start(run)) == 0, "one nano-dollar is missing for a third"
    await desk.hand_in(first[1], calls=costs(first[1], 0))
    (third,) = await desk.start(run)
    await desk.hand_in(third, calls=costs(third, WORST))
    assert await desk.start(run) == (), "what is left can never pay for another"
    page = await desk.attempts.page(ListAttempts(run_id=run.run_id))
    assert [attempt.outcome for attempt in page.items[3:]] == [Outcome.LIMIT, Outcome.LIMIT]
    assert "the limit of the run is reached" in page.items[3].reason
    warned = [event.data for event in await desk.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [(fact.account, fact.percent) for fact in warned] == [("run", 100)]
    await desk.audit()


async def test_limits_that_end_attempts_say_nothing_of_the_model(desk: Desk) -> None:
    run = await desk.submit(samples=2, limits=limited(usd(WORST)), partial=True)
    (ticket,) = await desk.start(run)
    broke = Fault(kind="budget", message="no money")
    await desk.hand_in(ticket, outcome=Outcome.LIMIT, fault=broke, calls=costs(ticket, WORST))
    await desk.feeder.feed()
    assert (await desk.runs.get(run.run_id)).status is RunStatus.FINISHED
    assert await desk.table("cells") == []


async def test_warnings_come_once_at_80_percent_and_once_at_the_limit(desk: Desk) -> None:
    run = await desk.submit(samples=4, limits=limited(usd(4 * WORST)))
    tickets = await desk.start(run)
    for ticket in tickets:
        await desk.hand_in(ticket, calls=costs(ticket, WORST))
    warned = [event.data for event in await desk.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [fact.percent for fact in warned] == [100]
    other = await desk.submit(samples=4, limits=limited(usd(4 * WORST)))
    for ticket in await desk.start(other):
        await desk.hand_in(ticket, calls=costs(ticket, WORST * 81 // 100))
    warned = [event.data for event in await desk.events(other.run_id) if isinstance(event.data, RunWarned)]
    assert [(fact.account, fact.percent) for fact in warned] == [("run", 80)]


async def test_64_workers_race_for_the_last_units_and_none_is_overspent(desk: Desk) -> None:
    """Case 29: 10^4 holds for a limit of 700: exactly floor(limit / amount) are accepted."""
    run = await desk.submit(samples=10_000, limits=limited(usd(700 * WORST + WORST - 1)), partial=True)
    await desk.queue_all(run)
    ids = [f"{run.run_id}-{n}" for n in range(1, 10_001)]
    parts = [ids[start::64] for start in range(64)]
    claims = await asyncio.gather(*(desk.claim(part, worker_id=f"w{n}") for n, part in enumerate(parts)))
    assert sum(len(each.granted) for each in claims) == 700
    assert sum(denied.reason is Denial.BUDGET for each in claims for denied in each.denied) == 9_300
    assert (await desk.accounts())["run"] == (700 * WORST, 0)
    await desk.audit()


def today_in_tokyo() -> date:
    return (datetime.now(UTC) + timedelta(hours=9)).date()


async def test_limits_of_the_day_and_the_project_bind_all_runs_together(desk: Desk) -> None:
    begun_on = today_in_tokyo()
    await desk.funds.set_limits(SetMoneyLimits(day_usd=usd(3 * WORST), project_usd=None, time_zone="Asia/Tokyo"))
    one, two = await desk.submit(samples=2), await desk.submit(samples=2, partial=True)
    begun = [*await desk.start(one), *await desk.start(two)]
    assert len(begun) == 3
    money = await desk.funds.get(GetMoney())
    day = next(account for account in money.accounts if account.kind is AccountKind.DAY)
    assert (day.held_usd, day.left_usd) == (usd(3 * WORST), "0")
    assert day.account in {f"day:default:{begun_on}", f"day:default:{today_in_tokyo()}"}
    await desk.audit()


async def test_a_limit_lowered_below_what_is_spent_takes_nothing_back(desk: Desk) -> None:
    run = await desk.submit(samples=4, limits=limited(usd(4 * WORST)))
    first, second = (await desk.start(run, slots=1))[:2]
    await desk.hand_in(first, calls=costs(first, WORST))
    lowered = await desk.control.change(ChangeRun(run_id=run.run_id, limits=limited(usd(WORST // 2))))
    assert lowered.limits.cost_usd == usd(WORST // 2)
    await desk.audit()
    assert await desk.start(run) == ()
    await desk.hand_in(second, calls=costs(second, 7))
    assert (await desk.accounts())["run"] == (0, WORST + 7), "what was held before may still be spent"
    await desk.audit()
    raised = await desk.control.change(ChangeRun(run_id=run.run_id, limits=limited("1")))
    assert raised.limits.cost_usd == "1"
    await desk.audit()


async def test_a_run_that_cannot_fit_is_refused_with_the_numbers(desk: Desk) -> None:
    with pytest.raises(ProblemError) as refused:
        await desk.submit(samples=1000, limits=limited("0.01"))
    problem = refused.value.problem
    assert (problem.code, problem.status) == ("over_limit", 402)
    quoted = await desk.runs.quote(plan(samples=1000, limits=limited("0.01")))
    assert quoted.attempts == 1000 and quoted.worst_usd == usd(1000 * WORST) and not quoted.fits
    for number in (quoted.estimated_usd, quoted.worst_usd, "0.01"):
        assert number in problem.detail
    assert await desk.table("runs") == []
    with pytest.raises(ProblemError) as hopeless:
        await desk.submit(samples=1, limits=limited("0.000000001"), partial=True)
    assert "Not even one attempt fits" in hopeless.value.problem.detail


async def test_the_second_estimate_knows_what_the_first_run_cost(desk: Desk) -> None:
    run = await desk.submit(samples=2)
    tickets = await desk.start(run)
    for ticket in tickets:
        await desk.hand_in(ticket, calls=costs(ticket, 1000))
    await desk.judge(*tickets)
    quoted = await desk.runs.quote(plan(samples=10))
    assert quoted.from_history and quoted.estimated_usd == usd(10_000)
