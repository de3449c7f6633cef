"""From an imported run to the ledger's request: its questions, answers and explanations are stored as artifacts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from assay.artifacts import BUNDLE_MEDIA_TYPE, Area, pack
from assay.contracts.codec import canonical, digest
from assay.contracts.imported_runs import IMPORTED_SUITE, ImportedResult, ImportedRun, ImportedRunTask
from assay.contracts.models import ModelSpec
from assay.contracts.money import nanousd
from assay.contracts.rpc import ImportedAttempt, ImportRun
from assay.contracts.run_metrics import MAX_METRIC
from assay.contracts.runs import ModelPin, RunLimits, RunPlan
from assay.contracts.tasks import HiddenTask, PublicTask, ReferenceTask, Sample, Solver, TaskPin
from assay.contracts.verdicts import CheckResult, Outcome, Verdict
from services.gateway.ports import Store
from services.gateway.run_import.artifacts import store_result
from services.gateway.run_import.validation import check_run

CHECK_KIND = "imported"
MAX_MESSAGE_CHARACTERS = 200
_CONCURRENCY = 16
_UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)


async def build_import(run: ImportedRun, stores: Mapping[Area, Store], idempotency_key: str) -> ImportRun:
    """Raises InvalidRequest before anything is stored."""
    check_run(run)
    agents = {result.task_id for result in run.results if result.steps}
    pins = [
        await _pin_task(task, Solver.AGENT if task.task_id in agents else Solver.ANSWER, stores) for task in run.tasks
    ]
    plan = RunPlan(
        name=run.name,
        suite=IMPORTED_SUITE + run.suite,
        tasks=tuple(pins),
        models=tuple(ModelPin(model=ModelSpec(name=model.name, parameters=model.parameters)) for model in run.models),
        repeats=max(result.repeat for result in run.results),
        limits=RunLimits(cost_usd=None),
        imported=run.source,
    )
    attempts = await _ImportedAttempts(run, stores[Area.ATTEMPTS]).build()
    return ImportRun(plan=plan, attempts=attempts, idempotency_key=idempotency_key)


class _ImportedAttempts:
    def __init__(self, run: ImportedRun, store: Store) -> None:
        self._run, self._store = run, store
        self._time = run.created_at or _UNKNOWN_TIME
        self._tasks = {task.task_id: index for index, task in enumerate(run.tasks)}
        self._models = {model.name: index for index, model in enumerate(run.models)}
        self._expected = {
            (task.task_id, sample.sample_id): sample.expected for task in run.tasks for sample in task.samples
        }
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    async def build(self) -> tuple[ImportedAttempt, ...]:
        return tuple(await asyncio.gather(*map(self._attempt, self._run.results)))

    async def _attempt(self, result: ImportedResult) -> ImportedAttempt:
        checks = _checks(result, self._run.pass_score)
        expected = self._expected[result.task_id, result.sample_id]
        async with self._slots:
            stored = await store_result(result, checks, expected, self._time, self._store)
        return ImportedAttempt(
            task_index=self._tasks[result.task_id],
            model_index=self._models[result.model],
            sample_id=result.sample_id,
            repeat=result.repeat,
            outcome=result.outcome,
            reason=_line(result.reason),
            verdict=_verdict(result, checks, self._run.pass_score),
            output=stored.output,
            artifacts=stored.attempt,
            check_artifacts=stored.checks,
            usage=result.usage,
            cost_nanousd=nanousd(result.cost_usd),
            duration_seconds=result.duration_seconds,
        )


def _checks(result: ImportedResult, pass_score: float) -> tuple[CheckResult, ...]:
    """The first score decides; the others are only shown."""
    return tuple(
        CheckResult(
            name=score.name,
            kind=CHECK_KIND,
            passed=result.outcome is Outcome.PASSED if place == 0 else score.value >= pass_score,
            score=score.value,
            weight=1.0 if place == 0 else 0.0,
            required=place == 0,
            message=_line(score.explanation),
        )
        for place, score in enumerate(result.scores)
    )


def _verdict(result: ImportedResult, checks: tuple[CheckResult, ...], pass_score: float) -> Verdict | None:
    if not checks:
        return None
    return Verdict(
        outcome=result.outcome,
        score=checks[0].score,
        pass_score=pass_score,
        reason=_line(result.reason),
        checks=checks,
        metrics={name: max(-MAX_METRIC, min(MAX_METRIC, value)) for name, value in result.metrics.items()},
    )


def _line(text: str) -> str:
    """The first line, without what the database cannot store; the artifacts have the whole text."""
    line = text.replace("\0", "").strip().partition("\n")[0]
    return line if len(line) <= MAX_MESSAGE_CHARACTERS else f"{line[:MAX_MESSAGE_CHARACTERS]}..."


async def _pin_task(task: ImportedRunTask, solver: Solver, stores: Mapping[Area, Store]) -> TaskPin:
    """``version`` alone says whether results can be added up, so parts of a task's samples have the same digest."""
    task_digest = digest(["imported", task.task_id, task.version])
    samples = tuple(Sample(sample_id=sample.sample_id, input=sample.input) for sample in task.samples)
    public = PublicTask(
        task_id=task.task_id, digest=task_digest, title=task.title, instructions="", solver=solver, samples=samples
    )
    expected = {sample.sample_id: sample.expected for sample in task.samples if sample.expected}
    hidden = HiddenTask(task_id=task.task_id, digest=task_digest, solver=solver, checks=(), expected=expected)
    reference = ReferenceTask(task_id=task.task_id, digest=task_digest, solver=solver)
    bundles = {
        Area.PUBLIC: {"task.json": canonical(public)},
        Area.HIDDEN: {"grading.json": canonical(hidden)},
        Area.REFERENCE: {"reference.json": canonical(reference)},
    }
    refs = {area: await stores[area].put(pack(files), BUNDLE_MEDIA_TYPE) for area, files in bundles.items()}
    return TaskPin(
        task_id=task.task_id,
        digest=task_digest,
        category=task.category,
        difficulty=task.difficulty,
        language=task.language,
        solver=solver,
        sample_ids=tuple(sample.sample_id for sample in task.samples),
        public=refs[Area.PUBLIC],
        hidden=refs[Area.HIDDEN],
        reference=refs[Area.REFERENCE],
    )
