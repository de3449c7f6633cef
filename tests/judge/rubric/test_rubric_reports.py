"""Reports of a judge whose tickets name models that judge."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from msgspec import structs

from assay.contracts.attempts import Ticket
from assay.contracts.codec import decode, encode
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.results import CheckOutput, Result
from assay.contracts.tasks import HiddenTask, Solver
from assay.contracts.verdicts import Outcome
from services.judge.handlers import on_ticket
from services.judge.ports import Ports
from services.judge.rubric.judge_budget import AttemptBudget
from tests.fakes.providers.endpoint import Reply
from tests.judge.harness import JudgeHarness
from tests.judge.rubric.harness import RUBRIC, RubricHarness, judgement

GOOD = {"correct": 5, "clear": 8}


def ports_of(judge: JudgeHarness, rubric: RubricHarness) -> Ports:
    def open_budget(ticket: Ticket) -> AttemptBudget:
        return AttemptBudget(rubric.bus.rpc, ticket.attempt_id, ticket.token)

    return replace(judge.ports, panel=rubric.panel, open_budget=open_budget)


async def ticket_of(judge: JudgeHarness, rubric: RubricHarness, served_model: str = "") -> Ticket:
    task = HiddenTask(
        task_id="t", digest="0" * 64, solver=Solver.ANSWER, checks=(RUBRIC,), pass_score=0.5, questions={"a": "Why?"}
    )
    ticket = await judge.ticket({"grading.json": encode(task)}, b"Because.")
    result = Result(
        attempt_id="run-1",
        token=3,
        worker_id="runner-1",
        model=ModelSpec(name="other/model"),
        outcome=None,
        reason="",
        fault=None,
        duration_seconds=1.0,
        cost_nanousd=0,
        usage=Usage(),
        calls=(Call(call_id="c1", model="other/model", served_model=served_model),),
        output=ticket.output,
    )
    stored = await judge.attempts.put(encode(result), "application/json")
    return structs.replace(ticket, judges=(rubric.judge(),), result=stored, model=ModelSpec(name="other/model"))


async def test_a_report_has_the_calls_and_its_artifact_the_reasons(judge: JudgeHarness, rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(text=judgement(GOOD), model="alpha-1"))
    report = await on_ticket(await ticket_of(judge, rubric), ports_of(judge, rubric))
    assert (report.verdict.outcome, [call.served_model for call in report.calls]) == (Outcome.PASSED, ["alpha-1"])
    stored = decode(CheckOutput, await judge.attempts.get(report.artifacts["checks/rubric.json"]))
    (judged,) = stored.judgements
    assert (judged.judge, judged.served_model) == ("lab/alpha", "alpha-1")
    assert [one.reason for one in judged.criteria] == ["As it reads.", "As it reads."]


async def test_the_calls_of_a_grading_that_failed_are_reported_too(judge: JudgeHarness, rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(text="Very good!"))
    rubric.endpoint.default = Reply(status=500, text="oops")
    ticket = structs.replace(await ticket_of(judge, rubric), judges=(rubric.judge(),))
    report = await on_ticket(ticket, ports_of(judge, rubric))
    assert report.verdict.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None and report.fault.new_try and report.fault.kind == "provider"
    assert report.calls[0].cost_nanousd > 0


async def test_the_model_that_answered_may_not_judge(judge: JudgeHarness, rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(text=judgement(GOOD), model="alpha-1"))
    report = await on_ticket(await ticket_of(judge, rubric, served_model="alpha-1"), ports_of(judge, rubric))
    assert report.verdict.outcome is Outcome.NEEDS_REVIEW
    assert "which also made this output" in report.verdict.reason


async def test_a_cancelled_grading_reports_what_it_spent(judge: JudgeHarness, rubric: RubricHarness) -> None:
    rubric.endpoint.default = Reply(hang=True)
    grading = asyncio.create_task(on_ticket(await ticket_of(judge, rubric), ports_of(judge, rubric)))
    while not rubric.endpoint.bodies:
        await asyncio.sleep(0.01)
    grading.cancel()
    report = await grading
    assert [call.estimated for call in report.calls] == [True] and report.calls[0].cost_nanousd > 0
