"""Judges texts outside of any run, so that a judge can be compared with people."""

from __future__ import annotations

from assay.bus.protocol import Rpc
from assay.contracts.rpc import JudgeText, TextJudgement
from services.judge.artifacts.outputs import Output
from services.judge.errors import JudgeError
from services.judge.rubric.errors import NeedsReview
from services.judge.rubric.evidence import evidence_of
from services.judge.rubric.judge_budget import CalibrationBudget
from services.judge.rubric.model_client import AskContext
from services.judge.rubric.panel import Panel
from services.judge.rubric.prompt import Question


async def on_judge_text(request: JudgeText, panel: Panel, rpc: Rpc) -> TextJudgement:
    """Does not raise: the reply says why there is no judgement."""
    output: Output = {path: text.encode() for path, text in request.files.items()} or request.text
    question = Question(
        rubric=request.rubric,
        task=request.task,
        evidence=evidence_of(request.rubric, output),
        reference=request.expected if request.rubric.show_expected or request.rubric.pairwise else "",
    )
    budget = CalibrationBudget(rpc)
    context = AskContext(
        budget=budget, key_permit=request.key_permit, task_id=request.task_id, sample_id=request.sample_id
    )
    try:
        (judgement,) = await panel.judge(question, [request.judge], (), context)
    except (NeedsReview, JudgeError) as error:
        return TextJudgement(reason=str(error), calls=tuple(context.calls))
    finally:
        await budget.close(context.calls)
    return TextJudgement(judgement=judgement, calls=tuple(context.calls))
