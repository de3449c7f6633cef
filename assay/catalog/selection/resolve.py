"""Resolves every name in a run request; reports all errors at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Protocol

import msgspec

from assay.catalog.errors import CatalogError, InvalidCatalog, InvalidSelection
from assay.catalog.models import BASELINES, Registry
from assay.catalog.prices.rates import REQUEST_VERSION, amount_mistakes, token_price
from assay.catalog.selection.capabilities import capability_errors, suitable_tasks
from assay.catalog.selection.judges import judge_errors, judge_names
from assay.catalog.selection.limit_overrides import apply_overrides, override_errors
from assay.catalog.selection.replays import is_replay, replay_mistakes, replay_notes
from assay.catalog.selection.selection import SelectedTask, Selection
from assay.catalog.suites import SuiteLimits, SuiteManifest, select_task_ids, suite_task_ids, task_weights
from assay.catalog.tasks.include_tests import tests_text
from assay.catalog.tasks.install_deps import requirement_mistakes, requirements_of, with_requirements_installed
from assay.catalog.tasks.rubrics import judging
from assay.catalog.tasks.task import Task
from assay.contracts.judging import JudgeModel
from assay.contracts.models import ModelName, ModelSpec, Origin, Parameters
from assay.contracts.money import Price
from assay.contracts.problems import FieldError
from assay.contracts.replay import REPLAY
from assay.contracts.runs import ModelPin, RunRequest
from assay.validation.did_you_mean import closest, one_of, unknown_name

_MAX_LISTED = 5


class CatalogLookup(Protocol):
    """What resolving needs of a catalogue. Each raises a CatalogError for a name that does not exist or is invalid."""

    def find_suite(self, suite_id: str) -> SuiteManifest: ...
    def find_task(self, task_id: str) -> Task: ...
    def categories_by_task(self) -> dict[str, str]: ...
    def registry(self) -> Registry: ...
    def price(self, model: ModelName, today: date | None = None) -> Price | None: ...


@dataclass
class _Errors:
    """The errors so far, and their codes."""

    fields: list[FieldError] = field(default_factory=list[FieldError])
    codes: set[str] = field(default_factory=set[str])

    def add(self, where: str, code: str, message: str, near: str | None = None) -> None:
        self.fields.append(FieldError(where=where, message=message, near=near))
        self.codes.add(code)

    def catch(self, where: str, noun: str, resolve: Callable[[], object]) -> None:
        """Records a catalogue error under the request's field; ``noun`` names what is resolved."""
        try:
            resolve()
        except InvalidCatalog as error:
            listed = "; ".join(map(str, error.mistakes[:_MAX_LISTED]))
            more = f" and {len(error.mistakes) - _MAX_LISTED} more" if len(error.mistakes) > _MAX_LISTED else ""
            self.add(where, error.problem.code, f"{noun} is broken: {listed}{more}")
        except CatalogError as error:
            found = error.problem.errors[0]
            self.add(where, error.problem.code, found.message, found.near)

    def raise_all(self) -> None:
        if self.fields:
            raise InvalidSelection(self.codes.pop() if len(self.codes) == 1 else "invalid_run", self.fields)


def resolve(catalog: CatalogLookup, request: RunRequest, today: date | None = None) -> Selection:
    """The request's tasks and models; raises InvalidSelection with every field that cannot be resolved. ``today`` dates
    the prices."""
    errors = _Errors()
    suite = _suite(catalog, request, errors)
    tasks = _tasks(catalog, request, suite, errors)
    prices = _request_prices(request, errors)
    models = _models(catalog, request, prices, today, errors)
    weights = task_weights(suite, catalog.categories_by_task()) if suite else {}
    selected = [_select(task, request, suite, weights.get(task.task_id, 1.0)) for task in tasks]
    left_out: tuple[str, ...] = ()
    if request.skip_unsuitable:
        selected, left_out = suitable_tasks(models, selected, lambda name: catalog.registry().capabilities(name))
        if left_out and not selected:
            errors.add("skip_unsuitable", "no_suitable_task", f"no task is left: {left_out[0]}")
    _check_options(request, selected, errors)
    judges = _judges(catalog, request, selected, prices, today, errors)
    for model, message in capability_errors(models, selected, lambda name: catalog.registry().capabilities(name)):
        errors.add(f"models[{request.models.index(model)}]", "missing_capability", message)
    errors.raise_all()
    narrow = request.attempt_limits
    selection = Selection(
        tasks=tuple(
            replace(
                each,
                task=with_requirements_installed(each.task) if request.install_deps else each.task,
                limits=apply_overrides(each.limits, narrow),
            )
            for each in selected
        ),
        models=models,
        repeats=request.repeats or (suite.repeats if suite else 1),
        judges=judges,
        suite=suite.id if suite else "",
    )
    return replace(selection, notes=(*left_out, *_notes(catalog, request, selection, suite)))


def _suite(catalog: CatalogLookup, request: RunRequest, errors: _Errors) -> SuiteManifest | None:
    found: list[SuiteManifest] = []
    if request.suite is not None:
        name = request.suite
        errors.catch("suite", f"suite {name!r}", lambda: found.append(catalog.find_suite(name)))
    return found[0] if found else None


def _tasks(catalog: CatalogLookup, request: RunRequest, suite: SuiteManifest | None, errors: _Errors) -> list[Task]:
    """The tasks of the suite, then the named ones, then those of the categories, without duplicates."""
    known = catalog.categories_by_task()
    for index, name in enumerate(request.categories):
        if name not in known.values():
            message, near = unknown_name("category", name, {category for category in known.values() if category})
            errors.add(f"categories[{index}]", "unknown_category", message, near)
    named = select_task_ids(request.tasks, request.categories, known)
    if request.suite is None and not request.tasks and not request.categories:
        errors.add("suite", "nothing_selected", "is missing; choose a suite, tasks or categories")
    tasks: list[Task] = []
    for task_id in dict.fromkeys((*(suite_task_ids(suite, known) if suite else ()), *named)):
        where = f"tasks[{request.tasks.index(task_id)}]" if task_id in request.tasks else "suite"
        errors.catch(where, f"task {task_id!r}", lambda task_id=task_id: tasks.append(catalog.find_task(task_id)))
    return tasks


def _notes(catalog: CatalogLookup, request: RunRequest, selection: Selection, suite: SuiteManifest | None) -> list[str]:
    """What the run leaves out."""
    categories = [*request.categories, *(suite.categories if suite else ())]
    unknown = sorted(name for name, category in catalog.categories_by_task().items() if not category)
    notes = list(replay_notes(request.responses, {each.task.task_id: each.sample_ids for each in selection.tasks}))
    if categories and unknown:
        tasks = f"task {unknown[0]!r} is" if len(unknown) == 1 else f"{len(unknown)} tasks ({one_of(unknown)}) are"
        notes.append(f"{tasks} broken and may belong to {' or '.join(categories)}; `assay tasks validate` says why")
    return notes


def _models(
    catalog: CatalogLookup, request: RunRequest, prices: Mapping[str, Price], today: date | None, errors: _Errors
) -> tuple[ModelPin, ...]:
    pins: list[ModelPin] = []
    for index, name in enumerate(request.models):
        where = f"models[{index}]"
        if name in request.models[:index]:
            errors.add(where, "repeated_model", f"model {name!r} is listed twice; to repeat attempts, set repeats")
            continue
        if name in request.prices and name not in prices:
            continue
        pin = partial(_pin_model, catalog, name, request, prices.get(name), today)
        errors.catch(where, f"the configuration of model {name!r}", lambda pin=pin: pins.append(pin()))
    return tuple(pins)


def _judges(
    catalog: CatalogLookup,
    request: RunRequest,
    tasks: Sequence[SelectedTask],
    prices: Mapping[str, Price],
    today: date | None,
    errors: _Errors,
) -> tuple[JudgeModel, ...]:
    """Those of all tasks, with their prices. They answer as deterministically as they can."""
    pins: list[JudgeModel] = []
    for where, code, message in judge_errors(request, tasks):
        errors.add(where, code, message)
    for name in judge_names(tasks):
        where = f"judges[{request.judges.index(name)}]" if name in request.judges else "judges"
        pin = partial(pin_judge, catalog, name, prices.get(name), today)
        errors.catch(where, f"the configuration of judge {name!r}", lambda pin=pin: pins.append(pin()))
    return tuple(pins)


def pin_judge(
    catalog: CatalogLookup, name: ModelName, request_price: Price | None = None, today: date | None = None
) -> JudgeModel:
    """A model that judges, as deterministically as it can. Raises CatalogError."""
    registry = catalog.registry()
    parameters = merge_parameters(Parameters(temperature=0.0), registry.entry(name).parameters)
    return JudgeModel(
        model=ModelSpec(name=name, parameters=parameters),
        price=request_price or catalog.price(name, today),
        registered=registry.origin(name.partition("/")[0]) is Origin.DATABASE,
        structured_output=registry.capabilities(name).structured_output,
    )


def _pin_model(
    catalog: CatalogLookup, name: str, request: RunRequest, request_price: Price | None, today: date | None
) -> ModelPin:
    if is_replay(name):
        return ModelPin(model=ModelSpec(name=name), price=request_price or Price(version=REPLAY, local=True))
    registry = catalog.registry()
    defaults = registry.entry(name).parameters
    spec = ModelSpec(name=name, parameters=merge_parameters(request.parameters, defaults))
    price = request_price or catalog.price(name, today)
    registered = registry.origin(spec.provider) is Origin.DATABASE
    provider = registry.provider(name)
    return ModelPin(
        model=spec,
        price=price,
        provider_concurrency=provider.max_attempts,
        registered=registered,
        one_model_at_a_time=provider.one_model_at_a_time,
    )


def _request_prices(request: RunRequest, errors: _Errors) -> dict[str, Price]:
    """The prices in the request; each must belong to one of its models and be in range."""
    prices: dict[str, Price] = {}
    for name, price in request.prices.items():
        where = f"prices.{name}"
        if name not in (*request.models, *request.judges):
            message = f"the run does not use model {name!r}; add it to models, or remove its price"
            errors.add(where, "unused_price", message, closest(name, request.models))
        elif name in BASELINES:
            errors.add(where, "unused_price", f"{name!r} calls no model and costs nothing; remove its price")
        elif wrong := list(amount_mistakes(price)):
            for amount, message in wrong:
                errors.add(f"{where}.{amount}", "invalid_price", message)
        else:
            prices[name] = token_price(price, REQUEST_VERSION)
    return prices


def merge_parameters(requested: Parameters, defaults: Parameters) -> Parameters:
    """The requested parameters, completed with the model's defaults; ``extra`` is merged by key."""
    unset = Parameters()
    names: Iterable[str] = requested.__struct_fields__
    given = {name: getattr(requested, name) for name in names if getattr(requested, name) != getattr(unset, name)}
    return msgspec.structs.replace(defaults, **{**given, "extra": {**defaults.extra, **requested.extra}})


def _check_options(request: RunRequest, tasks: Sequence[SelectedTask], errors: _Errors) -> None:
    """Checks limits, responses and flags of the request against its tasks."""
    for name, message in override_errors(request.attempt_limits, [(each.task.task_id, each.limits) for each in tasks]):
        errors.add(f"attempt_limits.{name}", "limit_raised", message)
    samples = {each.task.task_id: each.sample_ids for each in tasks}
    for where, message in replay_mistakes(request.models, request.responses, samples):
        errors.add(where, "invalid_responses", message)
    if request.include_tests and tasks and not any(each.tests for each in tasks):
        errors.add("include_tests", "no_tests", "none of the run's tasks has hidden tests to show")
    if request.install_deps:
        _check_requirements([each.task for each in tasks], errors)


def _check_requirements(tasks: Sequence[Task], errors: _Errors) -> None:
    """At least one task must have requirements, and all of them must be valid."""
    if tasks and not any(map(requirements_of, tasks)):
        message = "none of the run's tasks has requirements in workspace/requirements.txt and no image of its own"
        errors.add("install_deps", "no_requirements", message)
    for message in (message for task in tasks for message in requirement_mistakes(task)):
        errors.add("install_deps", "invalid_requirements", message)


def _select(task: Task, request: RunRequest, suite: SuiteManifest | None, weight: float) -> SelectedTask:
    wanted = request.samples or (suite.samples if suite else 0)
    sample_ids = task.sample_ids[: wanted or None]
    limits = suite.limits if suite else SuiteLimits()
    return SelectedTask(
        task=task,
        sample_ids=sample_ids,
        weight=weight,
        limits=limits.applied_to(task.manifest.limits),
        tests=tests_text(task) if request.include_tests else "",
        judging=judging(task.manifest, sample_ids, request.judges),
    )
