"""Money: what is held, posted and released; no limit is ever passed, and the books always agree."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from assay.contracts.attempts import Denial, Fault, State, Ticket
from assay.contracts.facts import AttemptRecalled, RunWarned
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.money import NANO, Price, usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    ChangeRun,
    CostBy,
    GetCosts,
    GetMoney,
    ListAttempts,
    ReleaseGrant,
    SetMoneyLimits,
    TopUpGrant,
)
from assay.contracts.runs import ModelPin, RunLimits, RunStatus, RunView, WaitReason
from assay.contracts.spending import AccountKind
from assay.contracts.verdicts import Outcome
from services.ledger.worth import worst_nanousd
from tests.ledger.audit import audit
from tests.ledger.desk import PRICE, Desk, call, executed, judged, plan

WORST = worst_nanousd(plan().tasks[0], plan().models[0])


def limited(cost_usd: str | None, **more: float) -> RunLimits:
    return RunLimits(cost_usd=cost_usd, **more)  # pyright: ignore[reportArgumentType]


async def accounts(desk: Desk) -> dict[str, tuple[int, int]]:
    """Held and posted, by the kind of account."""
    rows = await desk.rows("SELECT account, held_nanousd, posted_nanousd FROM accounts")
    return {row["account"].partition(":")[0]: (row["held_nanousd"], row["posted_nanousd"]) for row in rows}


async def check(desk: Desk) -> None:
    async with desk.database.session() as connection:
        await audit(connection)


def costs(ticket: Ticket, *amounts: int) -> tuple[Call, ...]:
    return tuple(
        Call(call_id=f"{ticket.attempt_id}:{ticket.token}:{place}", model="m", cost_nanousd=amount)
        for place, amount in enumerate(amounts)
    )


async def test_a_claim_holds_the_worst_and_the_report_posts_what_was_spent(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    assert ticket.grant_nanousd == WORST
    assert await accounts(desk) == {"run": (WORST, 0), "day": (WORST, 0), "project": (WORST, 0)}
    assert (await desk.runs.get(run.run_id)).progress.held_usd == usd(WORST)
    await check(desk)
    await desk.hand_in(ticket, calls=costs(ticket, 5, 8))
    assert await accounts(desk) == {"run": (0, 13), "day": (0, 13), "project": (0, 13)}
    view = await desk.runs.get(run.run_id)
    assert (view.progress.cost_usd, view.progress.held_usd) == (usd(13), "0")
    await check(desk)


async def test_what_costs_nothing_has_no_account(desk: Desk) -> None:
    free = ModelPin(model=ModelSpec(name="local/m"), price=Price(version="local", local=True))
    run = await desk.submit_plan(msgspec.structs.replace(plan(), models=(free,)))
    tickets = await desk.start(run)
    assert [ticket.grant_nanousd for ticket in tickets] == [0, 0]
    assert await accounts(desk) == {} and await desk.rows("SELECT 1 FROM transfers") == []


async def test_a_claim_without_money_waits_again_and_no_token_is_worth_anything(desk: Desk) -> None:
    run = await desk.submit(samples=3, limits=limited(usd(2 * WORST)), partial=True)
    await desk.hire(10)
    await desk.queue_all(run)
    claims = await desk.claim([f"{run.run_id}-{n}" for n in (1, 2, 3)])
    assert [ticket.attempt_id for ticket in claims.granted] == [f"{run.run_id}-1", f"{run.run_id}-2"]
    assert [(denied.attempt_id, denied.reason) for denied in claims.denied] == [(f"{run.run_id}-3", Denial.BUDGET)]
    (row,) = await desk.rows("SELECT state, token, tries FROM attempts WHERE attempt_id = $1", f"{run.run_id}-3")
    assert (row["state"], row["token"], row["tries"]) == ("waiting", 2, 0)
    (recalled,) = [event.data for event in await desk.events(run.run_id) if isinstance(event.data, AttemptRecalled)]
    assert recalled.attempt.state is State.WAITING and "the limit of the run" in recalled.cause
    await check(desk)


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
    await check(desk)


async def test_limits_that_end_attempts_say_nothing_of_the_model(desk: Desk) -> None:
    run = await desk.submit(samples=2, limits=limited(usd(WORST)), partial=True)
    (ticket,) = await desk.start(run)
    broke = Fault(kind="budget", message="no money")
    await desk.hand_in(ticket, outcome=Outcome.LIMIT, fault=broke, calls=costs(ticket, WORST))
    await desk.feeder.feed()
    assert (await desk.runs.get(run.run_id)).status is RunStatus.FINISHED
    assert await desk.rows("SELECT 1 FROM cells") == []


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


async def test_a_bill_above_the_hold_goes_beside_the_limit_with_an_alarm(desk: Desk) -> None:
    run = await desk.submit(samples=1, limits=limited(usd(WORST)))
    (ticket,) = await desk.start(run)
    await desk.hand_in(ticket, calls=costs(ticket, WORST - 1, 6))
    assert await accounts(desk) == {
        "run": (0, WORST),
        "day": (0, WORST),
        "project": (0, WORST),
        "excess": (0, 5),
    }
    alarms = [event.data for event in await desk.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [alarm.account for alarm in alarms if alarm.account == "excess"] == ["excess"]
    await check(desk)


async def test_nobody_told_what_a_lost_try_spent_so_all_of_its_hold_is_posted(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (lost,) = await desk.start(run)
    assert await desk.expire_leases() == 1
    (again,) = await desk.start(run)
    assert await accounts(desk) == {"run": (2 * WORST, 0), "day": (2 * WORST, 0), "project": (2 * WORST, 0)}
    assert again.grant_nanousd == WORST
    await desk.hand_in(again, calls=costs(again, 9))
    await desk.age_attempts()
    await desk.sweeper.sweep()
    assert (await accounts(desk))["run"] == (0, WORST + 9)
    detail = await desk.attempts.get(again.attempt_id)
    assert [(c.call_id, c.cost_nanousd) for c in detail.calls if c.estimated] == [(f"{lost.attempt_id}:1:lost", WORST)]
    await check(desk)
    # It was only slow: what it tells now is covered by what was posted for it.
    await desk.hand_in(lost, calls=costs(lost, 100))
    assert (await accounts(desk))["run"] == (0, WORST + 9)
    await check(desk)


async def test_a_late_report_in_time_is_posted_exactly(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (slow,) = await desk.start(run)
    await desk.expire_leases()
    await desk.hand_in(slow, calls=costs(slow, 3))
    assert (await accounts(desk))["run"] == (0, 3)
    await check(desk)


async def test_a_report_twice_posts_once(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    report = executed(ticket, calls=costs(ticket, 5))
    other = msgspec.structs.replace(report, message_id="another id")
    await desk.reports.executed([report, report])
    await desk.reports.executed([report])
    await desk.reports.executed([other])
    assert (await accounts(desk))["run"] == (0, 5)
    await check(desk)


async def test_more_is_granted_once_per_request_and_all_or_nothing(desk: Desk) -> None:
    run = await desk.submit(samples=1, limits=limited(usd(2 * WORST)))
    (ticket,) = await desk.start(run)
    ask = TopUpGrant(request_id="r1", attempt_id=ticket.attempt_id, token=ticket.token, amount_nanousd=WORST - 10)
    for _ in range(3):
        assert (await desk.funds.top_up(ask)).granted_nanousd == WORST - 10
    refused = await desk.funds.top_up(msgspec.structs.replace(ask, request_id="r2", amount_nanousd=11))
    assert refused.granted_nanousd == 0 and "do not fit the limit of the run" in refused.reason and not refused.lost
    back = ReleaseGrant(request_id="r3", attempt_id=ticket.attempt_id, token=ticket.token, amount_nanousd=10**15)
    for _ in range(2):
        assert (await desk.funds.release(back)).granted_nanousd == 2 * WORST - 10
    assert (await accounts(desk))["run"] == (0, 0)
    await check(desk)
    stale = await desk.funds.top_up(msgspec.structs.replace(ask, request_id="r4", token=9))
    assert stale.lost


async def test_money_given_back_before_its_grant_was_repeated_is_not_granted_again(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await desk.hand_in(ticket)
    late = TopUpGrant(request_id="late", attempt_id=ticket.attempt_id, token=ticket.token, amount_nanousd=5)
    assert (await desk.funds.top_up(late)).lost
    await check(desk)


async def test_64_workers_race_for_the_last_units_and_none_is_overspent(desk: Desk) -> None:
    """Case 29: 10^4 holds for a limit of 700: exactly floor(limit / amount) are accepted."""
    run = await desk.submit(samples=10_000, limits=limited(usd(700 * WORST + WORST - 1)), partial=True)
    await desk.queue_all(run)
    ids = [f"{run.run_id}-{n}" for n in range(1, 10_001)]
    parts = [ids[start::64] for start in range(64)]
    claims = await asyncio.gather(*(desk.claim(part, worker_id=f"w{n}") for n, part in enumerate(parts)))
    assert sum(len(each.granted) for each in claims) == 700
    assert sum(denied.reason is Denial.BUDGET for each in claims for denied in each.denied) == 9_300
    assert (await accounts(desk))["run"] == (700 * WORST, 0)
    await check(desk)


async def test_limits_of_the_day_and_the_project_bind_all_runs_together(desk: Desk) -> None:
    await desk.funds.set_limits(SetMoneyLimits(day_usd=usd(3 * WORST), project_usd=None, time_zone="Asia/Tokyo"))
    one, two = await desk.submit(samples=2), await desk.submit(samples=2, partial=True)
    begun = [*await desk.start(one), *await desk.start(two)]
    assert len(begun) == 3
    money = await desk.funds.get(GetMoney())
    day = next(account for account in money.accounts if account.kind is AccountKind.DAY)
    assert (day.held_usd, day.left_usd) == (usd(3 * WORST), "0")
    today = (datetime.now(UTC) + timedelta(hours=9)).date()
    assert day.account == f"day:default:{today}"
    await check(desk)


async def test_a_limit_lowered_below_what_is_spent_takes_nothing_back(desk: Desk) -> None:
    run = await desk.submit(samples=4, limits=limited(usd(4 * WORST)))
    first, second = (await desk.start(run, slots=1))[:2]
    await desk.hand_in(first, calls=costs(first, WORST))
    lowered = await desk.control.change(ChangeRun(run_id=run.run_id, limits=limited(usd(WORST // 2))))
    assert lowered.limits.cost_usd == usd(WORST // 2)
    await check(desk)
    assert await desk.start(run) == ()
    await desk.hand_in(second, calls=costs(second, 7))
    assert (await accounts(desk))["run"] == (0, WORST + 7), "what was held before may still be spent"
    await check(desk)
    raised = await desk.control.change(ChangeRun(run_id=run.run_id, limits=limited("1")))
    assert raised.limits.cost_usd == "1"
    await check(desk)


async def test_a_run_that_cannot_fit_is_refused_with_the_numbers(desk: Desk) -> None:
    with pytest.raises(ProblemError) as refused:
        await desk.submit(samples=1000, limits=limited("0.01"))
    problem = refused.value.problem
    assert (problem.code, problem.status) == ("over_limit", 402)
    quoted = await desk.runs.quote(plan(samples=1000, limits=limited("0.01")))
    assert quoted.attempts == 1000 and quoted.worst_usd == usd(1000 * WORST) and not quoted.fits
    for number in (quoted.estimated_usd, quoted.worst_usd, "0.01"):
        assert number in problem.detail
    assert await desk.rows("SELECT 1 FROM runs") == []
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


async def test_judges_calls_are_on_an_account_of_their_own(desk: Desk) -> None:
    run = await desk.submit(samples=1)
    (ticket,) = await desk.start(run)
    await desk.hand_in(ticket, calls=costs(ticket, 5))
    (granted,) = (await desk.claim([ticket.attempt_id], stage=desk.JUDGE, worker_id="judge")).granted
    rubric = Call(call_id="rubric", model="openai/judge", cost_nanousd=11)
    await desk.reports.judged([msgspec.structs.replace(judged(granted), calls=(rubric,))])
    assert (await accounts(desk))["judge"] == (0, 11)
    assert (await desk.runs.get(run.run_id)).progress.cost_usd == usd(5)
    assert (await desk.funds.costs(GetCosts())).judge_usd == usd(11)
    await check(desk)


async def test_costs_are_told_by_what_they_were_for_and_can_be_priced_anew(desk: Desk) -> None:
    run: RunView = await desk.submit(samples=2, models=("a/one", "b/two"))
    for ticket in await desk.start(run):
        usage = Usage(input_tokens=1000, output_tokens=10)
        made = msgspec.structs.replace(call(ticket, 1_020_000), usage=usage)
        await desk.hand_in(ticket, calls=(made,))
    by_model = await desk.funds.costs(GetCosts(by=CostBy.MODEL, run_id=run.run_id))
    assert [(row.label, row.calls, row.cost_usd) for row in by_model.rows] == [
        ("a/one", 2, usd(2_040_000)),
        ("b/two", 2, usd(2_040_000)),
    ]
    assert by_model.total.cost_usd == (await desk.runs.get(run.run_id)).progress.cost_usd
    dearer = Price(version="next", input_nanousd_per_mtok=2 * NANO, output_nanousd_per_mtok=2 * NANO)
    recosted = await desk.funds.costs(GetCosts(by=CostBy.DAY, prices={"a/one": dearer}))
    assert recosted.total.recosted_usd == usd(2 * (2_000_000 + 20_000))
    assert (await desk.funds.costs(GetCosts(by=CostBy.CALL))).total == by_model.total
    assert len((await desk.funds.costs(GetCosts(by=CostBy.CALL, limit=3))).rows) == 3
    assert PRICE.version == "test"
