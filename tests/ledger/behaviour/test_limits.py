"""Limits: what they let go, hold back, end and refuse; and that no race passes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from assay.contracts.attempts import Denial, Fault, State
from assay.contracts.facts import AttemptRecalled, RunWarned
from assay.contracts.money import IMAGE_TOKENS, TYPICAL_IMAGE_TOKENS, nanousd, usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    ChangeRun,
    GetMoney,
    ListAttempts,
    Money,
    SetMoneyLimits,
)
from assay.contracts.runs import RunStatus, WaitReason
from assay.contracts.spending import AccountKind
from assay.contracts.verdicts import Outcome
from tests.ledger.harness import PRICE, WORST, LedgerHarness, costs, limited, plan


async def test_an_attempt_without_money_waits_again_under_a_new_token(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3, limits=limited(usd(2 * WORST)), partial=True)
    await ledger.add_runner(10)
    await ledger.queue_all(run)
    claims = await ledger.claim([f"{run.run_id}-{n}" for n in (1, 2, 3)])
    assert [ticket.attempt_id for ticket in claims.granted] == [f"{run.run_id}-1", f"{run.run_id}-2"]
    assert [(denied.attempt_id, denied.reason) for denied in claims.denied] == [(f"{run.run_id}-3", Denial.BUDGET)]
    (row,) = await ledger.table("attempts", attempt_id=f"{run.run_id}-3")
    assert (row["state"], row["token"], row["tries"]) == ("waiting", 2, 0)
    (recalled,) = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, AttemptRecalled)]
    assert recalled.attempt.state is State.WAITING and "the run's limit" in recalled.cause
    await ledger.audit()


async def test_released_money_lets_more_attempts_start_and_spent_money_ends_the_rest(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=5, limits=limited(usd(2 * WORST)), partial=True)
    first = await ledger.start_attempts(run)
    assert len(first) == 2, "the scheduler released no more than can be paid for"
    assert (await ledger.runs.get(run.run_id)).waits.reason is WaitReason.BUDGET  # pyright: ignore[reportOptionalMemberAccess]
    assert await ledger.scheduler.schedule() == 0
    await ledger.report_executed(first[0], calls=costs(first[0], 1))
    assert len(await ledger.start_attempts(run)) == 0, "a third attempt lacks one nano-dollar"
    await ledger.report_executed(first[1], calls=costs(first[1], 0))
    (third,) = await ledger.start_attempts(run)
    await ledger.report_executed(third, calls=costs(third, WORST))
    assert await ledger.start_attempts(run) == (), "the rest can never pay for another"
    page = await ledger.attempts.page(ListAttempts(run_id=run.run_id))
    assert [attempt.outcome for attempt in page.items[3:]] == [Outcome.LIMIT, Outcome.LIMIT]
    assert "the run's limit is reached" in page.items[3].reason
    warned = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [(fact.account, fact.percent) for fact in warned] == [("run", 100)]
    await ledger.audit()


async def test_attempts_ended_by_a_limit_are_not_on_the_leaderboard(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2, limits=limited(usd(WORST)), partial=True)
    (ticket,) = await ledger.start_attempts(run)
    broke = Fault(kind="budget", message="no money")
    await ledger.report_executed(ticket, outcome=Outcome.LIMIT, fault=broke, calls=costs(ticket, WORST))
    await ledger.scheduler.schedule()
    assert (await ledger.runs.get(run.run_id)).status is RunStatus.FINISHED
    assert await ledger.table("cells") == []


async def test_warnings_come_once_at_80_percent_and_once_at_the_limit(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=4, limits=limited(usd(4 * WORST)))
    tickets = await ledger.start_attempts(run)
    for ticket in tickets:
        await ledger.report_executed(ticket, calls=costs(ticket, WORST))
    warned = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [fact.percent for fact in warned] == [100]
    other = await ledger.submit(samples=4, limits=limited(usd(4 * WORST)))
    for ticket in await ledger.start_attempts(other):
        await ledger.report_executed(ticket, calls=costs(ticket, WORST * 81 // 100))
    warned = [event.data for event in await ledger.events(other.run_id) if isinstance(event.data, RunWarned)]
    assert [(fact.account, fact.percent) for fact in warned] == [("run", 80)]


async def test_64_workers_race_for_the_last_units_and_none_is_overspent(ledger: LedgerHarness) -> None:
    """Case 29: of 10 000 holds for a limit of 700 exactly floor(limit / amount) are accepted."""
    run = await ledger.submit(samples=10_000, limits=limited(usd(700 * WORST + WORST - 1)), partial=True)
    await ledger.queue_all(run)
    ids = [f"{run.run_id}-{n}" for n in range(1, 10_001)]
    parts = [ids[start::64] for start in range(64)]
    claims = await asyncio.gather(*(ledger.claim(part, worker_id=f"w{n}") for n, part in enumerate(parts)))
    assert sum(len(each.granted) for each in claims) == 700
    assert sum(denied.reason is Denial.BUDGET for each in claims for denied in each.denied) == 9_300
    assert (await ledger.accounts())["run"] == (700 * WORST, 0)
    await ledger.audit()


def today_in_tokyo() -> date:
    return (datetime.now(UTC) + timedelta(hours=9)).date()


async def test_day_and_project_limits_apply_to_all_runs_together(ledger: LedgerHarness) -> None:
    begun_on = today_in_tokyo()
    await ledger.funds.set_limits(SetMoneyLimits(day_usd=usd(3 * WORST), project_usd=None, time_zone="Asia/Tokyo"))
    one, two = await ledger.submit(samples=2), await ledger.submit(samples=2, partial=True)
    begun = [*await ledger.start_attempts(one), *await ledger.start_attempts(two)]
    assert len(begun) == 3
    money = await ledger.funds.get(GetMoney())
    day = next(account for account in money.accounts if account.kind is AccountKind.DAY)
    assert (day.held_usd, day.left_usd) == (usd(3 * WORST), "0")
    assert day.account in {f"day:default:{begun_on}", f"day:default:{today_in_tokyo()}"}
    await ledger.audit()


async def set_zone(ledger: LedgerHarness, time_zone: str) -> Money:
    return await ledger.funds.set_limits(SetMoneyLimits(day_usd="20", project_usd=None, time_zone=time_zone))


def of_today(money: Money) -> tuple[str, str]:
    day = next(account for account in money.accounts if account.kind is AccountKind.DAY)
    return day.spent_usd, day.held_usd


FIRST, LAST = "Pacific/Kiritimati", "Etc/GMT+12"
"""Where a day begins first and last: they never have the same date."""


@pytest.mark.parametrize(("before", "after"), [(LAST, FIRST), (FIRST, LAST)])
async def test_another_time_zone_keeps_what_was_spent_today(ledger: LedgerHarness, before: str, after: str) -> None:
    assert (await set_zone(ledger, before)).time_zone == before
    run = await ledger.submit(samples=2)
    first, _ = await ledger.start_attempts(run)
    await ledger.report_executed(first, calls=costs(first, 7))
    spent = usd(7), usd(WORST)
    changed = await set_zone(ledger, after)
    assert of_today(changed) == spent
    assert (changed.time_zone, changed.next_time_zone) == (before, after) and changed.next_time_zone_at is not None
    midnight = changed.next_time_zone_at.astimezone(ZoneInfo(before))
    assert (midnight.hour, midnight.minute) == (0, 0)
    assert timedelta() < midnight - datetime.now(UTC) <= timedelta(days=1)
    assert of_today(await ledger.funds.get(GetMoney())) == spent
    again = await ledger.submit(samples=1)
    await ledger.start_attempts(again)
    assert of_today(await ledger.funds.get(GetMoney())) == (usd(7), usd(2 * WORST)), "new holds join the same account"

    await ledger.set_past("projects", "next_zone_at", 1)
    moved = await ledger.funds.get(GetMoney())
    assert (moved.time_zone, moved.next_time_zone, moved.next_time_zone_at) == (after, "", None)
    assert of_today(moved) == ("0", "0")
    assert (await set_zone(ledger, after)).next_time_zone == "", "the zone that applies already"
    await ledger.audit()


async def test_a_change_of_the_time_zone_can_be_taken_back(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    await ledger.start_attempts(run)
    assert (await set_zone(ledger, FIRST)).next_time_zone == FIRST
    assert (await set_zone(ledger, LAST)).next_time_zone == LAST
    back = await set_zone(ledger, "UTC")
    assert (back.time_zone, back.next_time_zone, back.next_time_zone_at) == ("UTC", "", None)


async def test_a_project_that_spent_nothing_changes_its_time_zone_at_once(ledger: LedgerHarness) -> None:
    await set_zone(ledger, LAST)
    changed = await set_zone(ledger, FIRST)
    assert (changed.time_zone, changed.next_time_zone) == (FIRST, "")


async def test_a_limit_can_be_lowered_below_what_is_spent(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=4, limits=limited(usd(4 * WORST)))
    first, second = (await ledger.start_attempts(run, slots=1))[:2]
    await ledger.report_executed(first, calls=costs(first, WORST))
    lowered = await ledger.control.change(ChangeRun(run_id=run.run_id, limits=limited(usd(WORST // 2))))
    assert lowered.limits.cost_usd == usd(WORST // 2)
    await ledger.audit()
    assert await ledger.start_attempts(run) == ()
    await ledger.report_executed(second, calls=costs(second, 7))
    assert (await ledger.accounts())["run"] == (0, WORST + 7), "what was held before may still be spent"
    await ledger.audit()
    raised = await ledger.control.change(ChangeRun(run_id=run.run_id, limits=limited("1")))
    assert raised.limits.cost_usd == "1"
    await ledger.audit()


async def test_a_run_over_its_limit_is_refused_with_the_numbers(ledger: LedgerHarness) -> None:
    with pytest.raises(ProblemError) as refused:
        await ledger.submit(samples=1000, limits=limited("0.01"))
    problem = refused.value.problem
    assert (problem.code, problem.status) == ("over_limit", 402)
    quoted = await ledger.runs.quote(plan(samples=1000, limits=limited("0.01")))
    assert quoted.attempts == 1000 and quoted.worst_usd == usd(1000 * WORST) and not quoted.fits
    for number in (quoted.estimated_usd, quoted.worst_usd, "0.01"):
        assert number in problem.detail
    assert await ledger.table("runs") == []
    with pytest.raises(ProblemError) as hopeless:
        await ledger.submit(samples=1, limits=limited("0.000000001"), partial=True)
    assert "Not even one attempt fits" in hopeless.value.problem.detail


async def test_a_quote_includes_the_images_of_a_prompt(ledger: LedgerHarness) -> None:
    asked = plan(samples=10)
    with_images = structs.replace(asked, tasks=(structs.replace(asked.tasks[0], images=3),))
    text, images = await ledger.runs.quote(asked), await ledger.runs.quote(with_images)
    bound, typical = (
        PRICE.cost(input_tokens=30 * each, output_tokens=0) for each in (IMAGE_TOKENS, TYPICAL_IMAGE_TOKENS)
    )
    assert nanousd(images.worst_usd) == nanousd(text.worst_usd) + bound
    assert nanousd(images.estimated_usd) == nanousd(text.estimated_usd) + typical


async def test_an_estimate_uses_the_costs_of_earlier_runs(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2)
    tickets = await ledger.start_attempts(run)
    for ticket in tickets:
        await ledger.report_executed(ticket, calls=costs(ticket, 1000))
    await ledger.grade(*tickets)
    quoted = await ledger.runs.quote(plan(samples=10))
    assert quoted.from_history and quoted.estimated_usd == usd(10_000)
