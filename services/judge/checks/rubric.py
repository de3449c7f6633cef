"""``rubric``: models score the output by criteria."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from assay.contracts.checks import Reveal, Rubric, name_of
from assay.contracts.judging import CriterionJudgement, Judgement
from services.judge.checks.check_result import CheckScore, failed
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext
from services.judge.rubric.errors import NeedsReview
from services.judge.rubric.evidence import evidence_of
from services.judge.rubric.prompt import Question
from services.judge.rubric.scoring import panel_agreement, panel_score, quotes_found


async def check(check: Rubric, context: GradingContext) -> CheckScore:
    """Raises JudgeModelUnavailable or JudgeModelUnusable if no judgement can be had; whatever a judge answers is part
    of the score."""
    judging = context.judging
    if judging is None or not judging.judges:
        raise HiddenBundleInvalid(f"check {name_of(check)!r} is a rubric, but the ticket names no model to judge by it")
    evidence = evidence_of(check, context.output)
    if not evidence.strip():
        return failed("there is nothing to judge: the output is empty")
    try:
        judgements = await judging.judge(_question(check, context, evidence))
    except NeedsReview as error:
        return CheckScore(passed=False, score=0.0, message=str(error), needs_review=True)
    return _scored(check, context, judgements, evidence)


def _question(check: Rubric, context: GradingContext, evidence: str) -> Question:
    task = context.hidden.task
    reference = str(context.expected(check)) if check.show_expected or check.pairwise else ""
    return Question(
        rubric=check, task=task.questions.get(context.sample_id, ""), evidence=evidence, reference=reference
    )


def _scored(check: Rubric, context: GradingContext, judgements: tuple[Judgement, ...], evidence: str) -> CheckScore:
    score, agreement = panel_score(judgements), panel_agreement(judgements)
    disagree = agreement is not None and check.min_agreement is not None and agreement < check.min_agreement
    message = _message(check, judgements, score)
    if disagree:
        message = (
            f"the judges disagree: Krippendorff's alpha is {agreement:.2f}, below {check.min_agreement}; {message}"
        )
    hides_expected = (check.show_expected or check.pairwise) and context.hidden.task.reveal is not Reveal.ALL
    return CheckScore(
        passed=score >= check.pass_score and not disagree,
        score=score,
        message=message,
        metrics=_metrics(name_of(check), judgements, agreement, quotes_found(judgements, evidence)),
        judgements=tuple(map(_scores_only, judgements)) if hides_expected else judgements,
        needs_review=disagree,
    )


def _metrics(
    name: str, judgements: Sequence[Judgement], agreement: float | None, quotes: float | None
) -> dict[str, float]:
    metrics = {f"{name}.score.{each.judge}": each.score for each in judgements}
    named = {f"{name}.agreement": agreement, f"{name}.quotes_found": quotes}
    return metrics | {metric: value for metric, value in named.items() if value is not None}


def _message(check: Rubric, judgements: Sequence[Judgement], score: float) -> str:
    """The scores only: reasons and quotations may reveal the reference, and are in the check's artifact."""
    judged = "; ".join(
        f"{each.judge}: " + ", ".join(f"{one.criterion} {one.score:g}" for one in each.criteria) for each in judgements
    )
    return f"score {score:.2f} (passes at {check.pass_score:g}); {judged}"[:500]


def _scores_only(judgement: Judgement) -> Judgement:
    """Without what may reveal the reference."""

    def hidden(one: CriterionJudgement) -> CriterionJudgement:
        return structs.replace(one, reason="", evidence="")

    return structs.replace(judgement, criteria=tuple(map(hidden, judgement.criteria)))
