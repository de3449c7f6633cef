"""``rubric``: models score the output by criteria."""

from __future__ import annotations

from typing import Any

from assay.contracts.rubric import Judgement, Rubric
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.artifacts.outputs import Output
from services.judge.checks.check_result import CheckScore, needs_review
from services.judge.errors import HiddenBundleInvalid
from services.judge.rubric.errors import NeedsReview
from services.judge.rubric.evidence import evidence_of
from services.judge.rubric.judging import Judging
from services.judge.rubric.prompt import Question
from services.judge.rubric.scoring import panel_agreement, panel_score, quotes_found


async def check(
    check: Rubric, hidden: HiddenBundle, output: Output, sample_id: str, judging: Judging | None
) -> CheckScore:
    """Raises JudgeModelUnavailable or JudgeModelUnusable if no judgement can be had; whatever a judge answers is part
    of the score."""
    if judging is None or not judging.judges:
        raise HiddenBundleInvalid("the task has a rubric, but the ticket names no model to judge by it")
    evidence = evidence_of(check, output)
    if not evidence.strip():
        return CheckScore(passed=False, score=0.0, message="there is nothing to judge: the output is empty")
    question = _question(check, hidden, evidence, sample_id)
    try:
        judgements = await judging.judge(question)
    except NeedsReview as error:
        return needs_review(str(error))
    return _scored(check, judgements, evidence)


def _question(check: Rubric, hidden: HiddenBundle, evidence: str, sample_id: str) -> Question:
    task = hidden.task
    reference = ""
    if check.reference or check.pairwise:
        expected: Any = task.expected.get(sample_id)
        if not isinstance(expected, str) or not expected:
            raise HiddenBundleInvalid(f"task {task.task_id!r} has no expected text for sample {sample_id!r}")
        reference = expected
    return Question(rubric=check, task=task.questions.get(sample_id, ""), evidence=evidence, reference=reference)


def _scored(check: Rubric, judgements: tuple[Judgement, ...], evidence: str) -> CheckScore:
    score, agreement = panel_score(judgements), panel_agreement(judgements)
    name = check.name or "rubric"
    metrics = {f"{name}.score.{each.judge}": each.score for each in judgements}
    if agreement is not None:
        metrics[f"{name}.agreement"] = agreement
    if (found := quotes_found(judgements, evidence)) is not None:
        metrics[f"{name}.quotes_found"] = found
    message = _message(check, judgements, score)
    if agreement is not None and check.min_agreement is not None and agreement < check.min_agreement:
        reason = (
            f"the judges disagree: Krippendorff's alpha is {agreement:.2f}, below {check.min_agreement:g}; {message}"
        )
        return needs_review(reason, metrics, judgements)
    passed = score >= check.pass_score
    return CheckScore(passed=passed, score=score, message=message, metrics=metrics, judgements=judgements)


def _message(check: Rubric, judgements: tuple[Judgement, ...], score: float) -> str:
    """The scores only: reasons and quotations may reveal the reference, and are in the check's artifact."""
    judged = "; ".join(
        f"{each.judge}: " + ", ".join(f"{one.criterion} {one.score:g}" for one in each.criteria) for each in judgements
    )
    return f"score {score:.2f} (passes at {check.pass_score:g}); {judged}"[:500]
