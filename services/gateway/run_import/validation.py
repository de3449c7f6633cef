"""Checks of an imported run that its types do not express."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import structs

from assay.catalog.models import BASELINES
from assay.contracts.imported_runs import MAX_COST_USD, MAX_RESULTS, MAX_TOKENS, ImportedResult, ImportedRun
from assay.contracts.models import SCRIPTED
from assay.contracts.problems import FieldError
from assay.contracts.replay import REPLAY
from assay.contracts.verdicts import Outcome
from services.gateway.errors import InvalidRequest

MAX_ERRORS = 20
MAX_ATTEMPTS = 20 * MAX_RESULTS
"""Samples x models x repeats, whether they have results or not."""
_OUTCOMES = (
    *(Outcome.PASSED, Outcome.FAILED, Outcome.TIMEOUT, Outcome.LIMIT, Outcome.REFUSED, Outcome.AGENT_ERROR),
    Outcome.INFRA_ERROR,
)


def check_run(run: ImportedRun) -> None:
    """Raises InvalidRequest with the first mistakes, each with its place."""
    errors: list[FieldError] = []
    for error in _mistakes(run):
        errors.append(error)
        if len(errors) == MAX_ERRORS:
            break
    if errors:
        raise InvalidRequest(*errors)


def _mistakes(run: ImportedRun) -> Iterator[FieldError]:
    yield from _repeated("models", [model.name for model in run.models])
    yield from _repeated("tasks", [task.task_id for task in run.tasks])
    for index, task in enumerate(run.tasks):
        yield from _repeated(f"tasks[{index}].samples", [sample.sample_id for sample in task.samples])
    for index, model in enumerate(run.models):
        if model.name in BASELINES or model.name.partition("/")[0] in (SCRIPTED, REPLAY):
            yield _error(f"models[{index}].name", f"{model.name!r} is a name of Assay's own; choose another one")
    yield from _size(run)
    yield from _results(run)


def _size(run: ImportedRun) -> Iterator[FieldError]:
    samples = sum(len(task.samples) for task in run.tasks)
    repeats = max(result.repeat for result in run.results)
    if samples * len(run.models) * repeats > MAX_ATTEMPTS:
        sizes = f"{samples:,} samples x {len(run.models)} models x {repeats} repeats"
        yield _error("results", f"{sizes} exceed {MAX_ATTEMPTS:,} attempts; import the results as several runs")


def _results(run: ImportedRun) -> Iterator[FieldError]:
    models = {model.name for model in run.models}
    samples = {task.task_id: {sample.sample_id for sample in task.samples} for task in run.tasks}
    seen: set[tuple[object, ...]] = set()
    for index, result in enumerate(run.results):
        where = f"results[{index}]"
        if result.task_id not in samples:
            yield _error(f"{where}.task_id", f"{result.task_id!r} is not in tasks")
        elif result.sample_id not in samples[result.task_id]:
            yield _error(f"{where}.sample_id", f"{result.sample_id!r} is no sample of task {result.task_id!r}")
        if result.model not in models:
            yield _error(f"{where}.model", f"{result.model!r} is not in models")
        identity = (result.task_id, result.sample_id, result.model, result.repeat)
        if identity in seen:
            yield _error(where, "there is another result of the same task, sample, model and repeat")
        seen.add(identity)
        yield from _result(where, result)


def _result(where: str, result: ImportedResult) -> Iterator[FieldError]:
    if result.outcome not in _OUTCOMES:
        yield _error(f"{where}.outcome", f"cannot be {result.outcome.value!r}; use {', '.join(_OUTCOMES)}")
    if result.outcome in (Outcome.PASSED, Outcome.FAILED) and not result.scores:
        yield _error(f"{where}.scores", f"must not be empty if the outcome is {result.outcome.value!r}")
    if result.outcome is Outcome.INFRA_ERROR and result.scores:
        yield _error(
            f"{where}.scores", "must be empty if the outcome is 'infra_error': it says nothing about the model"
        )
    if Decimal(result.cost_usd) > MAX_COST_USD:
        yield _error(f"{where}.cost_usd", f"must be at most ${MAX_COST_USD:,}")
    if max(structs.astuple(result.usage)) > MAX_TOKENS:
        yield _error(f"{where}.usage", f"must be at most {MAX_TOKENS:,} tokens of each kind")


def _repeated(where: str, names: Iterable[str]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield _error(f"{where}[{index}]", f"{name!r} occurs twice")
        seen.add(name)


def _error(where: str, message: str) -> FieldError:
    return FieldError(where=where, message=message)
