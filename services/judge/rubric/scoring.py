"""From judgements to one score: the weighted mean over criteria, the median over judges, and their agreement."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from assay.contracts.checks.rubric import Rubric
from assay.contracts.judging import CriterionJudgement, Judgement
from assay.statistics.agreement import krippendorff_alpha

TIE = 0.5


def weighted_mean(rubric: Rubric, judgements: Sequence[CriterionJudgement]) -> float:
    """Between 0 and 1; by the criteria's weights, which are equal if all are 0."""
    weights = [criterion.weight for criterion in rubric.criteria]
    weights = weights if any(weights) else [1.0] * len(weights)
    total = sum(weight * each.normalized for weight, each in zip(weights, judgements, strict=True))
    return min(1.0, max(0.0, total / sum(weights)))


def combined_orders(
    first: Sequence[CriterionJudgement], second: Sequence[CriterionJudgement]
) -> tuple[CriterionJudgement, ...]:
    """Of a comparison that was made in both orders: a criterion by which the two disagree is a tie."""
    return tuple(map(_combined, first, second))


def _combined(first: CriterionJudgement, second: CriterionJudgement) -> CriterionJudgement:
    if first.normalized == second.normalized:
        return first
    reason = f"a tie, because the orders disagree: {first.reason} / {second.reason}"
    return CriterionJudgement(criterion=first.criterion, score=TIE, normalized=TIE, reason=reason)


def panel_score(judgements: Sequence[Judgement]) -> float:
    return median(judgement.score for judgement in judgements)


def panel_agreement(judgements: Sequence[Judgement]) -> float | None:
    """Krippendorff's alpha (interval) of the judges over the criteria; None with one judge."""
    if len(judgements) < 2:
        return None
    return krippendorff_alpha([[each.normalized for each in one.criteria] for one in judgements], "interval")


def quotes_found(judgements: Sequence[Judgement], evidence: str) -> float | None:
    """The share of the judges' quotations that are in the output, apart from white space; None if there are none."""
    text = _squeezed(evidence)
    quotes = [_squeezed(each.evidence) for one in judgements for each in one.criteria if each.evidence.strip()]
    return sum(quote in text for quote in quotes) / len(quotes) if quotes else None


def _squeezed(text: str) -> str:
    return " ".join(text.split())
