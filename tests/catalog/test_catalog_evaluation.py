"""``evaluation_weights`` and ``evaluation`` of a task: their defaults, and the mistakes that are found."""

from __future__ import annotations

import pytest

from assay.catalog.tasks.bundles import hidden_task, public_task
from assay.contracts.evaluation import Bounds, EvaluationBounds, EvaluationWeights
from tests.catalog.conftest import Folder


def test_defaults_come_from_the_limits_of_the_task(folder: Folder) -> None:
    folder.edit(
        "tasks/clamp/task.yaml",
        "instructions:",
        "limits: {wall_seconds: 90, cost_usd: '0.25'}\nsandbox: {memory_mb: 256}\ninstructions:",
    )
    task = folder.open().find_task("clamp")
    spec = hidden_task(task).evaluation
    assert spec.weights == EvaluationWeights(quality=1)
    assert spec.bounds == EvaluationBounds(
        time=Bounds(zero=90), complexity=Bounds(full=1, zero=20), cost=Bounds(zero=0.25), memory=Bounds(zero=256)
    )
    assert public_task(task).evaluation == spec


def test_a_task_sets_weights_and_bounds(folder: Folder) -> None:
    digest = folder.open().find_task("clamp").digest
    folder.edit(
        "tasks/clamp/task.yaml",
        "checks:",
        "evaluation_weights: {quality: 6, time: 2, cost: 2}\nevaluation: {time: {full: 5, zero: 60}}\nchecks:",
    )
    task = folder.open().find_task("clamp")
    spec = hidden_task(task).evaluation
    assert spec.weights == EvaluationWeights(quality=6, time=2, cost=2)
    assert (spec.bounds.time, spec.bounds.cost) == (Bounds(full=5, zero=60), Bounds(zero=0.1))
    assert task.digest != digest


@pytest.mark.parametrize(
    ("task", "lines", "mistake"),
    [
        ("clamp", "evaluation_weights: {time: 0}", "evaluation_weights: every weight is 0; give at least 'quality'"),
        ("clamp", "evaluation_weights: {speed: 1}", "evaluation_weights.speed: unknown field 'speed'"),
        ("clamp", "evaluation_weights: {time: -1}", "evaluation_weights.time: "),
        ("clamp", "evaluation: {time: {full: 60, zero: 5}}", "evaluation.time: 'full' (60) must be less than 'zero'"),
        ("colours", "evaluation_weights: {quality: 1, memory: 1}", "evaluation_weights.memory: is only measured for"),
        ("colours", "evaluation: {complexity: {zero: 9}}", "evaluation.complexity: is only measured for solvers"),
    ],
)
def test_weights_and_bounds_that_can_never_count_are_mistakes(
    folder: Folder, task: str, lines: str, mistake: str
) -> None:
    folder.edit(f"tasks/{task}/task.yaml", "checks:", f"{lines}\nchecks:")
    (found,) = map(str, folder.refusal(task).mistakes)
    assert mistake in found
