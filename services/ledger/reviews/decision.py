"""From a person's points to a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from assay.contracts.problems import FieldError, Problem
from assay.contracts.rpc import CheckReview
from assay.contracts.verdicts import CheckResult, Reviewed, ReviewForm, Verdict, verdict_of
from services.ledger.errors import Refused


def reviewed_verdict(verdict: Verdict, reviews: Sequence[CheckReview], reviewer: str) -> Verdict:
    """The verdict with these checks decided. Raises Refused for reviews that do not fit its checks."""
    names = {each.name for each in verdict.checks}
    mistakes = [_mistake(review, "names none of its checks", names) for review in reviews if review.check not in names]
    by_check = {review.check: review for review in reviews}
    results: list[CheckResult] = []
    for result in verdict.checks:
        review = by_check.get(result.name)
        if review is None:
            results.append(result)
        elif problem := _problem(review, result.form):
            mistakes.append(_mistake(review, problem, names))
        else:
            results.append(_decided(result, review, reviewer))
    if mistakes:
        raise invalid_review(mistakes)
    return verdict_of(results, verdict.pass_score, verdict.metrics)


def _decided(result: CheckResult, review: CheckReview, reviewer: str) -> CheckResult:
    score = review.score if review.score is not None else _mean(result.form, review)
    passed = score >= (result.form.pass_score if result.form else 1.0)
    comment = f": {review.comment}" if review.comment else ""
    return structs.replace(
        result,
        passed=passed,
        score=score,
        needs_review=False,
        message=f"reviewed by {reviewer}{comment}"[:500],
        reviewed=Reviewed(reviewer=reviewer, points=review.points, comment=review.comment),
    )


def _mean(form: ReviewForm | None, review: CheckReview) -> float:
    assert form is not None
    total = sum(criterion.weight for criterion in form.criteria)
    earned = sum(each.weight * review.points[each.id] / each.points for each in form.criteria)
    return min(1.0, earned / total) if total else 0.0


def _problem(review: CheckReview, form: ReviewForm | None) -> str:
    """Empty if the review answers the form."""
    if form is None or not form.criteria:
        return "has no criteria; set 'score', a number from 0 to 1" if review.score is None or review.points else ""
    if review.score is not None:
        return f"has criteria; set 'points' for {', '.join(each.id for each in form.criteria)} instead of 'score'"
    allowed = {each.id: each.points for each in form.criteria}
    missing = [name for name in allowed if name not in review.points]
    unknown = [name for name in review.points if name not in allowed]
    given = review.points.items()
    outside = [f"{name} (0 to {allowed[name]})" for name, points in given if not _within(allowed, name, points)]
    parts = [f"lacks points for {', '.join(missing)}"] if missing else []
    parts += [f"has no criterion {', '.join(unknown)}"] if unknown else []
    parts += [f"has points out of range: {', '.join(outside)}"] if outside else []
    return "; ".join(parts)


def _within(allowed: dict[str, int], name: str, points: int) -> bool:
    return name not in allowed or 0 <= points <= allowed[name]


def _mistake(review: CheckReview, problem: str, names: set[str]) -> FieldError:
    known = f"; the checks are {', '.join(sorted(names))}" if review.check not in names else ""
    return FieldError(where=f"reviews.{review.check}", message=f"check {review.check!r} {problem}{known}")


def invalid_review(mistakes: Sequence[FieldError]) -> Refused:
    detail = "; ".join(mistake.message for mistake in mistakes)
    return Refused(
        Problem(
            code="invalid_review",
            title="The review does not fit the attempt's checks",
            status=422,
            detail=f"{detail}. Nothing was changed.",
            errors=tuple(mistakes),
        )
    )
