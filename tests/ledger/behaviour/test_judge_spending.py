"""Money of models that judge: held under the lease of a grading, never above their limit, posted once."""

from __future__ import annotations

import msgspec
import pytest

from assay.contracts.attempts import Stage, Ticket
from assay.contracts.facts import RunWarned
from assay.contracts.judging import JudgeModel, Judging
from assay.contracts.models import Call, ModelSpec
from assay.contracts.money import usd
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    FindJudgeAnswers,
    GetCosts,
    GetMoney,
    Grant,
    HoldForCalibration,
    JudgeAnswer,
    RestartRun,
    SetMoneyLimits,
    SettleCalibration,
    StoreJudgeAnswer,
    TopUpGrant,
)
from assay.contracts.runs import RunPlan, RunView
from assay.contracts.spending import AccountKind
from assay.contracts.verdicts import Outcome
from services.ledger.attempts.content_key import content_key
from services.ledger.money.cost_estimate import judging_nanousd
from tests.ledger.harness import PRICE, LedgerHarness, costs, judged, plan

JUDGE = JudgeModel(model=ModelSpec(name="openai/judge"), price=PRICE)
JUDGING = Judging(models=("openai/judge",), requests=1, prompt_bytes=1000, max_tokens=100)


def judged_plan(samples: int = 1, judge: JudgeModel = JUDGE) -> RunPlan:
    plain = plan(samples=samples, model_graded=True)
    (task,) = plain.tasks
    judging = msgspec.structs.replace(JUDGING, models=(judge.model.name,))
    return msgspec.structs.replace(
        plain, tasks=(msgspec.structs.replace(task, judging=judging),), judges=(judge,), limits=plain.limits
    )


async def grading(ledger: LedgerHarness) -> tuple[RunView, Ticket]:
    """An executed attempt, claimed by a judge."""
    run = await ledger.submit_plan(judged_plan())
    (ticket,) = await ledger.start_attempts(run)
    await ledger.report_executed(ticket, calls=costs(ticket, 5))
    (granted,) = (await ledger.claim([ticket.attempt_id], Stage.JUDGE, "judge")).granted
    return run, granted


async def reserve(ledger: LedgerHarness, ticket: Ticket, amount: int, request_id: str = "") -> Grant:
    return await ledger.funds.top_up(
        TopUpGrant(
            request_id=request_id or f"q{amount}",
            attempt_id=ticket.attempt_id,
            token=ticket.token,
            amount_nanousd=amount,
        )
    )


def call(cost: int) -> Call:
    return Call(call_id=f"judge-{cost}", model="openai/judge", cost_nanousd=cost)


async def limit_judges(ledger: LedgerHarness, amount: int | None) -> None:
    limit = None if amount is None else usd(amount)
    await ledger.funds.set_limits(SetMoneyLimits(day_usd="20", project_usd=None, judge_usd=limit))


async def test_a_ticket_names_the_judges(ledger: LedgerHarness) -> None:
    _, ticket = await grading(ledger)
    assert ticket.judges == (JUDGE,)


async def test_what_is_held_for_a_grading_is_settled_by_its_report(ledger: LedgerHarness) -> None:
    run, ticket = await grading(ledger)
    assert (await reserve(ledger, ticket, 40)).granted_nanousd == 40
    assert (await reserve(ledger, ticket, 40)).granted_nanousd == 40  # the same request again
    assert (await reserve(ledger, ticket, 2)).granted_nanousd == 2
    assert (await ledger.accounts())["judge"] == (42, 0)
    await ledger.audit()
    await ledger.reports.judged([judged(ticket, calls=(call(11), call(13)))])
    assert (await ledger.accounts())["judge"] == (0, 24)
    assert (await ledger.runs.get(run.run_id)).progress.cost_usd == usd(5)
    detail = await ledger.attempts.get(ticket.attempt_id)
    assert [each.cost_nanousd for each in detail.judge_calls] == [11, 13] and len(detail.calls) == 1
    await ledger.audit()


async def test_a_grading_without_calls_releases_what_was_held(ledger: LedgerHarness) -> None:
    _, ticket = await grading(ledger)
    await reserve(ledger, ticket, 40)
    await ledger.reports.judged([judged(ticket)])
    assert (await ledger.accounts())["judge"] == (0, 0)
    await ledger.audit()


async def test_a_cost_beyond_the_hold_is_posted_too(ledger: LedgerHarness) -> None:
    _, ticket = await grading(ledger)
    await reserve(ledger, ticket, 10)
    await ledger.reports.judged([judged(ticket, calls=(call(8), call(9)))])
    assert (await ledger.accounts())["judge"] == (0, 17)
    await ledger.audit()


async def test_the_judges_limit_refuses_what_does_not_fit_and_warns_once(ledger: LedgerHarness) -> None:
    run, ticket = await grading(ledger)
    await limit_judges(ledger, 100)
    assert (await reserve(ledger, ticket, 60)).granted_nanousd == 60
    for request_id in ("second", "third"):
        refused = await reserve(ledger, ticket, 60, request_id)
        assert refused.granted_nanousd == 0 and "exceeds the judges' limit" in refused.reason
    warnings = [event.data for event in await ledger.events(run.run_id) if isinstance(event.data, RunWarned)]
    assert [(warning.account, warning.percent) for warning in warnings] == [("judge", 100)]
    account = next(each for each in (await ledger.funds.get(GetMoney())).accounts if each.kind is AccountKind.JUDGE)
    assert (account.limit_usd, account.held_usd, account.left_usd) == (usd(100), usd(60), usd(40))
    await ledger.audit()


async def test_other_limits_can_be_set_without_touching_the_judges(ledger: LedgerHarness) -> None:
    await limit_judges(ledger, 100)
    money = await ledger.funds.set_limits(SetMoneyLimits(day_usd="7", project_usd=None))
    assert {each.kind: each.limit_usd for each in money.accounts}[AccountKind.JUDGE] == usd(100)
    await limit_judges(ledger, None)
    account = next(each for each in (await ledger.funds.get(GetMoney())).accounts if each.kind is AccountKind.JUDGE)
    assert account.limit_usd is None


async def test_a_judge_that_dies_is_charged_what_it_held(ledger: LedgerHarness) -> None:
    _, ticket = await grading(ledger)
    await reserve(ledger, ticket, 40)
    await ledger.expire_leases()
    await ledger.age_attempts()
    await ledger.sweeper.sweep()
    assert (await ledger.accounts())["judge"] == (0, 40)
    detail = await ledger.attempts.get(ticket.attempt_id)
    assert [(each.model, each.cost_nanousd, each.estimated) for each in detail.judge_calls] == [
        ("openai/judge", 40, True)
    ]
    await ledger.audit()


async def test_a_late_report_of_a_judge_adds_only_what_was_not_charged_yet(ledger: LedgerHarness) -> None:
    _, ticket = await grading(ledger)
    await reserve(ledger, ticket, 40)
    await ledger.expire_leases()
    await ledger.age_attempts()
    await ledger.sweeper.sweep()
    await ledger.reports.judged([judged(ticket, calls=(call(30), call(15)))])
    assert (await ledger.accounts())["judge"] == (0, 45)
    await ledger.audit()


async def test_only_the_present_grading_can_hold_money(ledger: LedgerHarness) -> None:
    _, ticket = await grading(ledger)
    await ledger.supersede(ticket.attempt_id)
    assert (await reserve(ledger, ticket, 40)).lost
    assert await ledger.table("judge_holds") == []


async def test_a_quote_has_the_costs_of_judges_apart(ledger: LedgerHarness) -> None:
    quote = await ledger.runs.quote(judged_plan(samples=3))
    assert quote.worst_judging_usd == usd(3 * judging_nanousd(JUDGING, PRICE))
    assert 0 < float(quote.judging_usd) < float(quote.worst_judging_usd)
    assert AccountKind.JUDGE in {account.kind for account in quote.accounts}


async def test_a_run_of_which_nothing_could_be_graded_is_refused(ledger: LedgerHarness) -> None:
    await limit_judges(ledger, judging_nanousd(JUDGING, PRICE) - 1)
    with pytest.raises(ProblemError) as refused:
        await ledger.submit_plan(judged_plan())
    assert "assay limits set --judge" in refused.value.problem.detail
    await limit_judges(ledger, judging_nanousd(JUDGING, PRICE))
    await ledger.submit_plan(judged_plan())


async def test_results_of_other_judges_are_not_reused() -> None:
    other = msgspec.structs.replace(JUDGE, model=ModelSpec(name="openai/other"))
    keys = [
        content_key(each, each.tasks[0], each.models[0], "s0", 1) for each in (judged_plan(), judged_plan(judge=other))
    ]
    assert keys[0] != keys[1]
    plain = plan()
    assert content_key(plain, plain.tasks[0], plain.models[0], "s0", 1) not in keys


async def test_a_retry_grades_answers_again_that_need_a_review(ledger: LedgerHarness) -> None:
    run, ticket = await grading(ledger)
    await ledger.reports.judged([judged(ticket, Outcome.NEEDS_REVIEW)])
    again = await ledger.runs.restart(RestartRun(run_id=run.run_id, idempotency_key="again"))
    (attempt,) = await ledger.table("attempts", run_id=again.run_id)
    assert (attempt["state"], attempt["score"]) == ("executed", None)


async def test_the_first_answer_to_a_question_is_kept(ledger: LedgerHarness) -> None:
    first, second = (JudgeAnswer(key="a" * 64, model="openai/judge", text=text) for text in ("one", "two"))
    assert await ledger.judge_answers.store(StoreJudgeAnswer(answer=first)) == first
    assert await ledger.judge_answers.store(StoreJudgeAnswer(answer=second)) == first
    found = await ledger.judge_answers.find(FindJudgeAnswers(keys=("a" * 64, "b" * 64)))
    assert found.items == (first,)


def hold_request(amount: int, request_id: str = "h1") -> HoldForCalibration:
    return HoldForCalibration(request_id=request_id, calibration_id="calibration:1", amount_nanousd=amount)


async def test_a_text_judged_outside_of_a_run_is_paid_from_the_same_account(ledger: LedgerHarness) -> None:
    await limit_judges(ledger, 100)
    assert (await ledger.calibrations.hold(hold_request(60))).granted_nanousd == 60
    assert (await ledger.calibrations.hold(hold_request(60))).granted_nanousd == 60  # the same request again
    assert "exceeds the judges' limit" in (await ledger.calibrations.hold(hold_request(60, "h2"))).reason
    await ledger.audit()
    settle = SettleCalibration(calibration_id="calibration:1", calls=(call(25), call(10)))
    assert (await ledger.calibrations.settle(settle)).posted_nanousd == 35
    assert (await ledger.calibrations.settle(settle)).posted_nanousd == 35
    assert (await ledger.accounts())["judge"] == (0, 35)
    assert (await ledger.funds.costs(GetCosts())).judge_usd == usd(35)
    assert (await ledger.calibrations.hold(hold_request(5, "h3"))).lost
    await ledger.audit()


async def test_a_text_whose_judge_dies_is_charged_what_it_held(ledger: LedgerHarness) -> None:
    await ledger.calibrations.hold(hold_request(60))
    await ledger.sweeper.sweep()
    assert (await ledger.accounts())["judge"] == (60, 0)
    await ledger.set_past("calibrations", "held_at", 7200)
    await ledger.sweeper.sweep()
    assert (await ledger.accounts())["judge"] == (0, 60)
    await ledger.audit()
