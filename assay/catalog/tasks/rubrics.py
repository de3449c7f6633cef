"""Rubrics in tasks: what must be true of them, and what a judge gets to read of the task."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from assay.catalog.tasks.manifest import SampleManifest, TaskManifest
from assay.catalog.yaml.document import FieldPath
from assay.contracts.checks.rubric import MAX_SCALE, Criterion, Rubric, max_prompt_bytes
from assay.contracts.judging import Judging
from assay.contracts.models import BASELINES, ModelName

_PAIRWISE_REQUESTS = 2


def rubrics_of(manifest: TaskManifest) -> list[Rubric]:
    return [check for check in manifest.checks if isinstance(check, Rubric)]


def questions(manifest: TaskManifest) -> dict[str, str]:
    """What the model is asked, by sample id, for models that judge the output; empty without a rubric."""
    if not rubrics_of(manifest):
        return {}
    return {sample.sample_id: _question(manifest, sample) for sample in manifest.samples}


def judging(manifest: TaskManifest, sample_ids: Collection[str], judges: tuple[ModelName, ...]) -> Judging | None:
    """How much the judges are asked about an attempt, at most; None without a rubric. ``judges`` are the run's, and
    replace those of the task."""
    rubrics = rubrics_of(manifest)
    if not rubrics:
        return None
    chosen = [sample for sample in manifest.samples if sample.sample_id in frozenset(sample_ids)]
    task_bytes = max((len(_question(manifest, sample).encode()) for sample in chosen), default=0)
    expected = [sample.expected for sample in chosen if isinstance(sample.expected, str)]
    reference_bytes = max((len(text.encode()) for text in expected), default=0)
    return Judging(
        models=judges or task_judges(manifest),
        requests=sum(_PAIRWISE_REQUESTS if rubric.pairwise else 1 for rubric in rubrics),
        prompt_bytes=max(max_prompt_bytes(rubric, task_bytes, reference_bytes) for rubric in rubrics),
        max_tokens=max(rubric.max_tokens for rubric in rubrics),
    )


def task_judges(manifest: TaskManifest) -> tuple[ModelName, ...]:
    """The judges that the task names; all its rubrics have the same."""
    return next((rubric.judges for rubric in rubrics_of(manifest) if rubric.judges), ())


def rubric_mistakes(rubric: Rubric, manifest: TaskManifest) -> Iterator[tuple[FieldPath, str]]:
    seen: set[str] = set()
    for index, criterion in enumerate(rubric.criteria):
        if criterion.id in seen:
            yield ("criteria", index, "id"), f"{criterion.id!r} is already the id of an earlier criterion"
        seen.add(criterion.id)
        if problem := _scores_mistake(criterion):
            yield ("criteria", index, "levels" if criterion.levels else "scale"), problem
    if not any(criterion.weight for criterion in rubric.criteria):
        yield ("criteria",), "every weight is 0, so no output could score"
    yield from _judge_mistakes(rubric, manifest)
    if manifest.solver.hands_in_files and (rubric.show_expected or rubric.pairwise):
        field = "pairwise" if rubric.pairwise else "show_expected"
        yield (field,), "compares with `expected`, which only samples of solver 'answer' have"
    if rubric.files and not manifest.solver.hands_in_files:
        yield ("files",), "is only allowed for solvers that submit files"


def _judge_mistakes(rubric: Rubric, manifest: TaskManifest) -> Iterator[tuple[FieldPath, str]]:
    if rubric.judges and rubric.judges != task_judges(manifest):
        yield ("judges",), "differ from those of an earlier rubric; all rubrics of a task share them"
    for index, judge in enumerate(rubric.judges):
        if judge in BASELINES:
            yield ("judges", index), f"{judge!r} calls no model, so it cannot judge"
        if judge in rubric.judges[:index]:
            yield ("judges", index), f"{judge!r} is listed twice"


def _scores_mistake(criterion: Criterion) -> str:
    if criterion.levels:
        scores = [level.score for level in criterion.levels]
        if len(scores) < 2 or len(set(scores)) < len(scores):
            return "need at least two different scores, each once"
        return ""
    low, high = criterion.scale
    if low >= high:
        return f"must go from a lower to a higher number, got [{low}, {high}]"
    if high - low > MAX_SCALE or abs(low) > 1000:
        return f"has {high - low} steps, more than {MAX_SCALE}; models do not tell so many apart"
    return ""


def _question(manifest: TaskManifest, sample: SampleManifest) -> str:
    return "\n\n".join(text for text in (manifest.instructions.strip(), sample.input.strip()) if text)
