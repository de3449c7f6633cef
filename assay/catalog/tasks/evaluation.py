"""How a task's attempts are evaluated: its weights, and the bounds of each component with their defaults."""

from __future__ import annotations

from assay.catalog.tasks.manifest import TaskManifest
from assay.catalog.yaml.document import Document
from assay.contracts.evaluation import (
    DEFAULT_COMPLEXITY,
    DEFAULT_COST_USD,
    Bounds,
    EvaluationBounds,
    EvaluationSpec,
    EvaluationWeights,
)

_OF_FILES = ("complexity", "memory")
"""Components that are measured only if files are submitted."""


def evaluation_spec(manifest: TaskManifest) -> EvaluationSpec:
    """With a default for every bound that the task does not set."""
    given, limits = manifest.evaluation, manifest.limits
    cost = DEFAULT_COST_USD if limits.cost_usd is None else float(limits.cost_usd)
    return EvaluationSpec(
        weights=manifest.evaluation_weights or EvaluationWeights(quality=1.0),
        bounds=EvaluationBounds(
            time=given.time or Bounds(zero=limits.wall_seconds),
            complexity=given.complexity or Bounds(full=1.0, zero=DEFAULT_COMPLEXITY),
            cost=given.cost or Bounds(zero=cost),
            memory=given.memory or Bounds(zero=float(manifest.sandbox.memory_mb)),
        ),
    )


def check_evaluation(manifest: TaskManifest, document: Document) -> None:
    """Adds a mistake for weights and bounds that could never count."""
    weights = manifest.evaluation_weights
    if weights is not None and not any(getattr(weights, name) for name in weights.__struct_fields__):
        document.add_mistake(("evaluation_weights",), "every weight is 0; give at least 'quality' a weight")
    for name in manifest.evaluation.__struct_fields__:
        bounds: Bounds | None = getattr(manifest.evaluation, name)
        if bounds is not None and bounds.full >= bounds.zero:
            message = f"'full' ({bounds.full:g}) must be less than 'zero' ({bounds.zero:g}), because less is better"
            document.add_mistake(("evaluation", name), message)
    if manifest.solver.hands_in_files:
        return
    for name in _OF_FILES:
        for part, value in (("evaluation_weights", weights), ("evaluation", manifest.evaluation)):
            if value is not None and getattr(value, name):
                document.add_mistake((part, name), "is only measured for solvers that submit files")
