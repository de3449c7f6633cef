"""Score components: quality, time, complexity, cost and memory of an attempt, weighted into one number from 0 to 10.

They stand beside the verdict and never change it. Judges and runners compute them; the ledger computes the quality
again when a verdict is revised.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, structs

from assay.contracts.codec import Data

ULTIMATE_SCALE = 10.0
DEFAULT_COST_USD = 0.1
"""The cost that scores 0 if the task has no limit of its own."""
DEFAULT_COMPLEXITY = 20.0
"""The mean cyclomatic complexity that scores 0."""

Amount = Annotated[float, Meta(ge=0)]


class ComponentName(StrEnum):
    QUALITY = "quality"
    """The verdict's score."""
    TIME = "time"
    """Seconds of execution, without waiting for rate limits and money."""
    COMPLEXITY = "complexity"
    """Mean cyclomatic complexity of the functions in the submitted files."""
    COST = "cost"
    """USD that the model's calls cost in the try that was graded."""
    MEMORY = "memory"
    """Peak memory in MiB of the submitted code, or of the attempt's sandbox if no check ran the code."""


UNITS: Mapping[ComponentName, str] = {
    ComponentName.QUALITY: "",
    ComponentName.TIME: "s",
    ComponentName.COMPLEXITY: "per function",
    ComponentName.COST: "USD",
    ComponentName.MEMORY: "MiB",
}


class EvaluationWeights(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much each component counts. Only their proportions matter."""

    quality: Amount = 0.0
    time: Amount = 0.0
    complexity: Amount = 0.0
    cost: Amount = 0.0
    memory: Amount = 0.0


class Bounds(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The raw values that score 1 (``full``) and 0 (``zero``); linear in between."""

    full: Amount = 0.0
    zero: Amount

    def normalise(self, raw: float) -> float:
        if self.full == self.zero:
            return float(raw <= self.zero)
        return round(min(1.0, max(0.0, (self.zero - raw) / (self.zero - self.full))), 6)


class EvaluationBounds(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In seconds, complexity per function, USD and MiB. None: the default, which depends on the task's limits."""

    time: Bounds | None = None
    complexity: Bounds | None = None
    cost: Bounds | None = None
    memory: Bounds | None = None


class EvaluationSpec(Data, frozen=True, kw_only=True):
    """How a task's attempts are evaluated. A missing bound leaves its component out."""

    weights: EvaluationWeights = EvaluationWeights(quality=1.0)
    bounds: EvaluationBounds = EvaluationBounds()


class Measurements(Data, frozen=True, kw_only=True):
    """What was measured of an attempt; None if it could not be. ``score`` is the verdict's."""

    score: float
    duration_seconds: float | None = None
    complexity: float | None = None
    cost_usd: float | None = None
    peak_memory_mib: float | None = None
    cpu_seconds: float | None = None


class ScoreComponent(Data, frozen=True, kw_only=True):
    """``raw`` is in ``unit``; ``normalised`` is from 0 (worst) to 1."""

    name: ComponentName
    raw: float
    unit: str = ""
    normalised: Annotated[float, Meta(ge=0, le=1)]
    weight: Amount


class Evaluation(Data, frozen=True, kw_only=True):
    """The components that could be measured. ``ultimate`` is ten times their weighted mean; None as long as a person
    has to decide a check, or if no component with a weight could be measured. ``cpu_seconds`` is the CPU time of the
    programs whose memory was measured."""

    components: tuple[ScoreComponent, ...]
    ultimate: Annotated[float, Meta(ge=0, le=ULTIMATE_SCALE)] | None
    cpu_seconds: float | None = None


def evaluate(spec: EvaluationSpec, measured: Measurements, *, decided: bool = True) -> Evaluation:
    """``decided``: no person has to decide a check."""
    bounds = spec.bounds
    found = [_quality(measured.score, spec.weights.quality)]
    for name, raw, bound, weight in (
        (ComponentName.TIME, measured.duration_seconds, bounds.time, spec.weights.time),
        (ComponentName.COMPLEXITY, measured.complexity, bounds.complexity, spec.weights.complexity),
        (ComponentName.COST, measured.cost_usd, bounds.cost, spec.weights.cost),
        (ComponentName.MEMORY, measured.peak_memory_mib, bounds.memory, spec.weights.memory),
    ):
        if raw is not None and bound is not None:
            normalised = bound.normalise(raw)
            found.append(ScoreComponent(name=name, raw=raw, unit=UNITS[name], normalised=normalised, weight=weight))
    components = tuple(found)
    ultimate = _ultimate(components) if decided else None
    return Evaluation(components=components, ultimate=ultimate, cpu_seconds=measured.cpu_seconds)


def with_score(evaluation: Evaluation, score: float, *, decided: bool = True) -> Evaluation:
    """The same attempt after its verdict was revised."""
    components = tuple(
        _quality(score, each.weight) if each.name is ComponentName.QUALITY else each for each in evaluation.components
    )
    return structs.replace(evaluation, components=components, ultimate=_ultimate(components) if decided else None)


def _quality(score: float, weight: float) -> ScoreComponent:
    return ScoreComponent(name=ComponentName.QUALITY, raw=score, normalised=score, weight=weight)


def _ultimate(components: tuple[ScoreComponent, ...]) -> float | None:
    total = sum(each.weight for each in components)
    if not total:
        return None
    mean = sum(each.weight * each.normalised for each in components) / total
    return round(min(ULTIMATE_SCALE, ULTIMATE_SCALE * mean), 6)
