"""Score components: the arithmetic, against results that were calculated by hand."""

from __future__ import annotations

import pytest

from assay.contracts.codec import decode, encode
from assay.contracts.evaluation import (
    Bounds,
    ComponentName,
    Evaluation,
    EvaluationBounds,
    EvaluationSpec,
    EvaluationWeights,
    Measurements,
    evaluate,
    with_score,
)

BOUNDS = EvaluationBounds(
    time=Bounds(full=5, zero=60),
    complexity=Bounds(full=1, zero=20),
    cost=Bounds(zero=0.5),
    memory=Bounds(full=32, zero=512),
)
WEIGHTS = EvaluationWeights(quality=5, time=2, complexity=1, cost=1, memory=1)
SPEC = EvaluationSpec(weights=WEIGHTS, bounds=BOUNDS)
ALL = Measurements(
    score=0.75, duration_seconds=16, complexity=5.75, cost_usd=0.1, peak_memory_mib=152, cpu_seconds=1.25
)


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [(0, 1.0), (5, 1.0), (16, 0.8), (32.5, 0.5), (60, 0.0), (3600, 0.0)],
)
def test_a_raw_value_is_linear_between_its_bounds(raw: float, normalised: float) -> None:
    assert Bounds(full=5, zero=60).normalise(raw) == normalised


def test_the_ultimate_score_is_ten_times_the_weighted_mean() -> None:
    """(5*0.75 + 2*0.8 + 1*0.75 + 1*0.8 + 1*0.75) / 10 = 0.765."""
    evaluation = evaluate(SPEC, ALL)
    assert [(each.name.value, each.raw, each.normalised, each.weight) for each in evaluation.components] == [
        ("quality", 0.75, 0.75, 5),
        ("time", 16, 0.8, 2),
        ("complexity", 5.75, 0.75, 1),
        ("cost", 0.1, 0.8, 1),
        ("memory", 152, 0.75, 1),
    ]
    assert (evaluation.ultimate, evaluation.cpu_seconds) == (7.65, 1.25)


@pytest.mark.parametrize(
    ("measured", "names", "ultimate"),
    [
        (Measurements(score=1), ["quality"], 10.0),
        (Measurements(score=0.5, cost_usd=0.5), ["quality", "cost"], round(10 * 2.5 / 6, 6)),
        (Measurements(score=0, duration_seconds=60), ["quality", "time"], 0.0),
        (Measurements(score=0, duration_seconds=5), ["quality", "time"], round(10 * 2 / 7, 6)),
    ],
)
def test_the_weight_of_what_was_not_measured_goes_to_the_others(
    measured: Measurements, names: list[str], ultimate: float
) -> None:
    evaluation = evaluate(SPEC, measured)
    assert [each.name.value for each in evaluation.components] == names
    assert evaluation.ultimate == ultimate


def test_without_weights_the_quality_alone_counts_and_the_others_are_listed() -> None:
    evaluation = evaluate(EvaluationSpec(bounds=BOUNDS), ALL)
    assert [each.weight for each in evaluation.components] == [1, 0, 0, 0, 0]
    assert evaluation.ultimate == 7.5


def test_there_is_no_ultimate_score_if_nothing_with_a_weight_was_measured() -> None:
    spec = EvaluationSpec(weights=EvaluationWeights(memory=1), bounds=BOUNDS)
    assert evaluate(spec, Measurements(score=1)).ultimate is None


def test_a_limit_of_nothing_gives_the_full_score_to_what_costs_nothing() -> None:
    assert [Bounds(zero=0).normalise(cost) for cost in (0, 0.01)] == [1.0, 0.0]


def test_a_revised_verdict_changes_the_quality_alone() -> None:
    undecided = evaluate(SPEC, ALL, decided=False)
    assert undecided.ultimate is None
    decided = with_score(undecided, 1.0)
    assert decided.ultimate == 8.9
    assert decided.components[1:] == undecided.components[1:]
    assert with_score(decided, 0.75) == evaluate(SPEC, ALL)
    assert with_score(decided, 0.75, decided=False) == undecided


def test_an_evaluation_survives_the_wire() -> None:
    evaluation = evaluate(SPEC, ALL)
    assert decode(Evaluation, encode(evaluation)) == evaluation
    assert {each.name for each in evaluation.components} == set(ComponentName)
