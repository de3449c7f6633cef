"""Which of Inspect's scores counts, and what its values become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.contracts.verdicts import Outcome
from tests.catalog.importers.results.inspect_logs import header, plan_of, result_of, run_of, sample, score

NO_NUMBER = "has a score that is neither a number nor one of C, P, I, N, yes, no, true and false"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[("C", 1.0), ("P", 0.5), ("I", 0.0), ("N", 0.0), (True, 1.0), (False, 0.0)],
        *[("yes", 1.0), ("No", 0.0), ("TRUE", 1.0), ("false", 0.0), (" C ", 1.0)],
        *[(1, 1.0), (0, 0.0), (0.25, 0.25), ("0.75", 0.75), ("1", 1.0), ("1e-1", 0.1)],
    ],
)
def test_values(tmp_path: Path, value: object, expected: float) -> None:
    result = result_of(tmp_path, {"scores": {"match": score(value)}})
    assert [each.value for each in result.scores] == [expected]
    assert result.outcome is (Outcome.PASSED if expected == 1 else Outcome.FAILED)


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ({"match": score("A+")}, NO_NUMBER),
        ({"match": score("c")}, NO_NUMBER),
        ({"match": score("")}, NO_NUMBER),
        ({"match": score(None)}, "has no score"),
        ({"match": score(float("nan"))}, "has no score"),
        ({"match": score("nan")}, "has no score"),
        ({"match": score([])}, "has no score"),
        ({"match": score({})}, "has no score"),
        ({}, "has no score"),
        (None, "has no score"),
    ],
)
def test_values_that_are_no_score(tmp_path: Path, scores: object, why: str) -> None:
    plan = plan_of(tmp_path, sample(1), sample(2, scores=scores))
    assert [(each.what, each.why) for each in plan.left_out] == [("2, epoch 1", why)]
    assert len(plan.runs[0].results) == 1


def test_values_with_several_entries(tmp_path: Path) -> None:
    value = {"style": 0.5, "depth": 7, "ok": True, "grade": "B", "none": None}
    result = result_of(tmp_path, {"scores": {"match": score("C"), "multi": score(value), "steps": score([1, 0.5])}})
    assert [(each.name, each.value) for each in result.scores] == [
        ("match", 1.0),
        ("multi/style", 0.5),
        ("multi/ok", 1.0),
        ("steps/1", 1.0),
        ("steps/2", 0.5),
    ]
    assert result.metrics == {"multi/depth": 7.0}


def test_there_are_at_most_twenty_scores(tmp_path: Path) -> None:
    result = result_of(tmp_path, {"scores": {"match": score("C"), "m": score({str(key): 0.5 for key in range(30)})}})
    assert (len(result.scores), len(result.metrics)) == (20, 11)


SEVERAL = {"a": score(0.1), "b": score({"x": 0.2, "y": 0.3}), "c": score(0.4)}


@pytest.mark.parametrize(
    ("more", "options", "expected"),
    [
        ({"eval": {"scorers": None}}, {}, "a"),
        ({"eval": {"scorers": [{"name": "c"}]}}, {}, "c"),
        ({"eval": {"scorers": [{"name": "package/c"}]}}, {}, "c"),
        ({"eval": {"scorers": [{"name": "gone"}]}}, {}, "a"),
        ({"eval": {"scorers": [{"name": "b"}]}}, {}, "b/x"),
        ({"eval": {"scorers": None}, "results": {"scores": [{"name": "y", "scorer": "b"}]}}, {}, "b/y"),
        ({"results": {"headline": {"scorer": "b", "score": "y", "metric": "mean"}}}, {}, "b/y"),
        ({"results": {"headline": {"scorer": "c", "score": "c", "metric": "accuracy"}}}, {}, "c"),
        ({"results": {"headline": {"metric": "accuracy"}}, "eval": {"scorers": [{"name": "c"}]}}, {}, "c"),
        ({"eval": {"headline_metric": {"scorer": "c"}}}, {}, "c"),
        ({"results": {"headline": {"scorer": "c"}}}, {"score": "a"}, "a"),
        ({}, {"score": "b/y"}, "b/y"),
        ({}, {"score": "b"}, "b/x"),
    ],
)
def test_the_score_that_counts(tmp_path: Path, more: dict[str, Any], options: Mapping[str, Any], expected: str) -> None:
    plan = plan_of(tmp_path, sample(scores=SEVERAL), head=header(**more), **options)
    scores = plan.runs[0].results[0].scores
    assert scores[0].name == expected
    assert {each.name for each in scores} == {"a", "b/x", "b/y", "c"}
    others = ", ".join(name for name in ("a", "b/x", "b/y", "c") if name != expected)
    assert plan.notes == (f"the score is {expected!r} (--score); others are {others}",)


def test_a_score_that_no_sample_has(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed) as failed:
        plan_of(tmp_path, sample(scores=SEVERAL), score="accuracy")
    assert str(failed.value) == (
        f"{tmp_path}/log.json: no sample has a score 'accuracy'; name one by --score: a, b/x, b/y, c"
    )


def test_other_scores_are_metrics_if_that_which_counts_is_missing(tmp_path: Path) -> None:
    error = {"message": "RuntimeError('down')\nmore", "traceback": ""}
    run = run_of(tmp_path, sample(1), sample(2, scores={"other": score(0.5), "third": score("C")}, error=error))
    assert (run.results[1].scores, run.results[1].metrics) == ((), {"other": 0.5, "third": 1.0})
    assert (run.results[1].outcome, run.results[1].reason) == (Outcome.INFRA_ERROR, "RuntimeError('down')")


def test_a_score_on_another_scale(tmp_path: Path) -> None:
    samples = [sample(1, scores={"judge": score(1)}), sample(2, scores={"judge": score(8.2), "style": score(0.5)})]
    with pytest.raises(ImportFailed) as failed:
        plan_of(tmp_path, *samples)
    assert str(failed.value) == (
        f"{tmp_path}/log.json: the score 'judge' has values from 1 to 8.2, not from 0 to 1; give its worst and its "
        "best value as --scale LOW,HIGH, or name another score by --score: style"
    )
    run = run_of(tmp_path, *samples, scale=(1.0, 10.0), pass_score=0.8)
    assert [(each.scores[0].value, each.outcome.value) for each in run.results] == [(0.0, "failed"), (0.8, "passed")]
    assert [each.metrics for each in run.results] == [{"judge": 1.0}, {"judge": 8.2}]
    assert run.pass_score == 0.8
    with pytest.raises(ImportFailed, match=r"values from 1 to 8\.2, outside of --scale 2,5; give a scale"):
        plan_of(tmp_path, *samples, scale=(2.0, 5.0))


def test_letters_are_on_every_scale(tmp_path: Path) -> None:
    run = run_of(tmp_path, sample(1), sample(2, scores={"match": score("P")}), scale=(1.0, 10.0))
    assert [(each.scores[0].value, each.metrics) for each in run.results] == [(1.0, {}), (0.5, {})]


@pytest.mark.parametrize(("pass_score", "outcome"), [(0.5, Outcome.PASSED), (0.51, Outcome.FAILED)])
def test_the_score_that_passes(tmp_path: Path, pass_score: float, outcome: Outcome) -> None:
    assert result_of(tmp_path, {"scores": {"match": score("P")}}, pass_score=pass_score).outcome is outcome


ERROR = {"message": "\n  ValueError('x')\nTraceback", "traceback": "", "traceback_ansi": ""}


@pytest.mark.parametrize(
    ("more", "outcome", "reason"),
    [
        ({"limit": {"type": "time", "limit": 60}}, Outcome.TIMEOUT, "reached the time limit"),
        ({"limit": {"type": "working", "limit": 60, "reason": "too slow"}}, Outcome.TIMEOUT, "too slow"),
        ({"limit": {"type": "token", "limit": 100.0}}, Outcome.LIMIT, "reached the token limit"),
        ({"limit": {"type": "operator", "limit": 1}}, Outcome.LIMIT, "reached the operator limit"),
        ({"limit": {"type": "message", "limit": 5}, "error": ERROR}, Outcome.LIMIT, "reached the message limit"),
        ({"error": ERROR}, Outcome.INFRA_ERROR, "ValueError('x')"),
        ({"error": {"message": ""}}, Outcome.INFRA_ERROR, "failed with an error"),
        ({"error": {"message": "x" * 600}}, Outcome.INFRA_ERROR, "x" * 478 + " [cut: 600 characters]"),
    ],
)
def test_samples_without_a_score(tmp_path: Path, more: dict[str, Any], outcome: Outcome, reason: str) -> None:
    run = run_of(tmp_path, sample(1), sample(2, scores=None, **more))
    assert (run.results[1].outcome, run.results[1].scores) == (outcome, ())
    assert run.results[1].reason == reason


def test_a_scored_sample_keeps_its_score_after_a_limit_or_error(tmp_path: Path) -> None:
    limit = {"type": "token", "limit": 100}
    run = run_of(
        tmp_path,
        sample(1, limit=limit),
        sample(2, limit=limit, scores={"match": score("I")}),
        sample(3, error=ERROR, scores={"match": score("I")}),
    )
    assert [(each.outcome.value, each.reason) for each in run.results] == [
        ("passed", ""),
        ("failed", "reached the token limit"),
        ("failed", "ValueError('x')"),
    ]


def test_samples_that_do_not_count(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        sample(1),
        sample(2, invalidation={"timestamp": "2026-01-01T00:00:00+00:00", "author": "ana"}),
        sample(3, 0),
        sample(4, 1001),
        sample(1, scores={"match": score("I")}),
    )
    assert {(each.what, each.why) for each in plan.left_out} == {
        ("2, epoch 1", "is marked as invalid"),
        ("3, epoch 0", "has an epoch that is not from 1 to 1000"),
        ("4, epoch 1001", "has an epoch that is not from 1 to 1000"),
        ("1, epoch 1", "is in the log more than once; the first counts"),
    }
    assert [each.outcome for each in plan.runs[0].results] == [Outcome.PASSED]
