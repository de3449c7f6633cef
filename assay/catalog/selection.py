"""A run request with every name resolved; whatever cannot be is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from assay.catalog.errors import CatalogError, InvalidCatalog, InvalidSelection
from assay.catalog.installing import installing, mistakes_of, requirements_of
from assay.catalog.manifest import SuiteLimits, SuiteManifest
from assay.catalog.models import BASELINES
from assay.catalog.narrowing import narrowed, refusals
from assay.catalog.near import near, unknown
from assay.catalog.prices import priced_by_hand, too_dear
from assay.catalog.prompts import prompt_bytes
from assay.catalog.replaying import is_replay, mistakes
from assay.catalog.showing import tests_of
from assay.catalog.suites import by_name_or_category, members
from assay.catalog.task import Task
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.models import ModelSpec, Parameters
from assay.contracts.money import Price
from assay.contracts.problems import FieldError
from assay.contracts.replay import REPLAY
from assay.contracts.runs import ModelPin, RunRequest
from assay.contracts.sandboxes import kinds_for
from assay.contracts.tasks import Limits, TaskPin

if TYPE_CHECKING:
    from assay.catalog.catalog import Catalog


@dataclass(frozen=True, kw_only=True, slots=True)
class SelectedTask:
    """A task of a run: which samples, how much it weighs, and the limits that hold for it there. ``tests`` is what its
    models are shown of the hidden tests. ``task`` has the run's sandbox, with what is installed there."""

    task: Task
    sample_ids: tuple[str, ...]
    weight: float
    limits: Limits
    tests: str = ""

    def pin(self, *, public: ArtifactRef, hidden: ArtifactRef, reference: ArtifactRef) -> TaskPin:
        """The pin of a run plan, once the task's bundles are stored."""
        manifest = self.task.manifest
        return TaskPin(
            task_id=manifest.id,
            digest=self.task.digest,
            category=manifest.category,
            difficulty=manifest.difficulty,
            solver=manifest.solver,
            weight=self.weight,
            sample_ids=self.sample_ids,
            limits=self.limits,
            prompt_bytes=prompt_bytes(self.task, self.sample_ids) + len(self.tests.encode()),
            sandboxes=kinds_for(manifest.sandbox) if manifest.solver.hands_in_files else (),
            public=public,
            hidden=hidden,
            reference=reference,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """All of a run plan but the stored bundles: ``tasks`` in order, ``models`` with their prices."""

    tasks: tuple[SelectedTask, ...]
    models: tuple[ModelPin, ...]
    repeats: int
    suite: str = ""

    @property
    def attempts(self) -> int:
        return sum(len(selected.sample_ids) for selected in self.tasks) * len(self.models) * self.repeats


@dataclass
class _Errors:
    """What cannot be resolved so far, and the codes of it."""

    fields: list[FieldError] = field(default_factory=list[FieldError])
    codes: set[str] = field(default_factory=set[str])

    def add(self, where: str, code: str, message: str, near: str | None = None) -> None:
        self.fields.append(FieldError(where=where, message=message, near=near))
        self.codes.add(code)

    def catch(self, where: str, resolve: Callable[[], object]) -> None:
        """Notes the catalogue's error, under the request's own field."""
        try:
            resolve()
        except InvalidCatalog as error:
            self.add(where, error.problem.code, "; ".join(map(str, error.mistakes)))
        except CatalogError as error:
            found = error.problem.errors[0]
            self.add(where, error.problem.code, found.message, found.near)

    def raise_all(self) -> None:
        if self.fields:
            raise InvalidSelection(self.codes.pop() if len(self.codes) == 1 else "invalid_run", self.fields)


def resolve(catalog: Catalog, request: RunRequest, today: date | None = None) -> Selection:
    """The request's tasks and models; InvalidSelection names everything in it that is not there. ``today`` dates the
    prices (default: now)."""
    errors = _Errors()
    suite = _suite(catalog, request, errors)
    tasks = _tasks(catalog, request, suite, errors)
    models = _models(catalog, request, _own_prices(request, errors), today, errors)
    selected = [_selected(task, request, suite) for task in tasks]
    _check_asked(request, selected, errors)
    errors.raise_all()
    narrow = request.attempt_limits
    return Selection(
        tasks=tuple(
            replace(
                each,
                task=installing(each.task) if request.install_deps else each.task,
                limits=narrowed(each.limits, narrow),
            )
            for each in selected
        ),
        models=models,
        repeats=request.repeats or (suite.repeats if suite else 1),
        suite=suite.id if suite else "",
    )


def _suite(catalog: Catalog, request: RunRequest, errors: _Errors) -> SuiteManifest | None:
    found: list[SuiteManifest] = []
    if request.suite is not None:
        name = request.suite
        errors.catch("suite", lambda: found.append(catalog.find_suite(name)))
    return found[0] if found else None


def _tasks(catalog: Catalog, request: RunRequest, suite: SuiteManifest | None, errors: _Errors) -> list[Task]:
    """The tasks of the suite, then those named, then those of the categories; each once."""
    known = catalog.categories_by_task()
    for index, name in enumerate(request.categories):
        if name not in known.values():
            message, near = unknown("category", name, {category for category in known.values() if category})
            errors.add(f"categories[{index}]", "unknown_category", message, near)
    named = by_name_or_category(request.tasks, request.categories, known)
    if request.suite is None and not request.tasks and not request.categories:
        errors.add("suite", "nothing_selected", "is missing; name a suite, tasks or categories")
    tasks: list[Task] = []
    for task_id in dict.fromkeys((*(members(suite, known) if suite else ()), *named)):
        where = f"tasks[{request.tasks.index(task_id)}]" if task_id in request.tasks else "suite"
        errors.catch(where, lambda task_id=task_id: tasks.append(catalog.find_task(task_id)))
    return tasks


def _models(
    catalog: Catalog, request: RunRequest, prices: Mapping[str, Price], today: date | None, errors: _Errors
) -> tuple[ModelPin, ...]:
    pins: list[ModelPin] = []
    for index, name in enumerate(request.models):
        where = f"models[{index}]"
        if name in request.models[:index]:
            errors.add(where, "repeated_model", f"model {name!r} is named twice; use repeats")
            continue
        if name in request.prices and name not in prices:
            continue
        errors.catch(where, lambda name=name: pins.append(_pin(catalog, name, request, prices.get(name), today)))
    return tuple(pins)


def _pin(catalog: Catalog, name: str, request: RunRequest, own: Price | None, today: date | None) -> ModelPin:
    if is_replay(name):
        return ModelPin(model=ModelSpec(name=name), price=own or Price(version=REPLAY, local=True))
    defaults = catalog.registry().entry(name).parameters
    spec = ModelSpec(name=name, parameters=over(request.parameters, defaults))
    price = own or catalog.price(name, today)
    return ModelPin(model=spec, price=price, provider_concurrency=catalog.provider(name).attempts)


def _own_prices(request: RunRequest, errors: _Errors) -> dict[str, Price]:
    """The prices that the request brings along; each must be of one of its models, and an amount that can be meant."""
    prices: dict[str, Price] = {}
    for name, price in request.prices.items():
        where = f"prices.{name}"
        if name not in request.models:
            message = f"the run does not name the model {name!r}; add it to models, or leave out its price"
            errors.add(where, "unused_price", message, near(name, request.models))
        elif name in BASELINES:
            errors.add(where, "unused_price", f"{name!r} calls no model, so it cannot be charged; leave out its price")
        elif wrong := list(too_dear(price)):
            for amount, message in wrong:
                errors.add(f"{where}.{amount}", "invalid_price", message)
        else:
            prices[name] = priced_by_hand(price)
    return prices


def over(asked: Parameters, defaults: Parameters) -> Parameters:
    """The parameters asked for, completed by the model's own where nothing was said; ``extra`` is merged by key."""
    unset = Parameters()
    names: Iterable[str] = asked.__struct_fields__
    given = {name: getattr(asked, name) for name in names if getattr(asked, name) != getattr(unset, name)}
    return msgspec.structs.replace(defaults, **{**given, "extra": {**defaults.extra, **asked.extra}})


def _check_asked(request: RunRequest, tasks: Sequence[SelectedTask], errors: _Errors) -> None:
    """What the request asks beyond names must fit its tasks."""
    for name, message in refusals(request.attempt_limits, [(each.task.task_id, each.limits) for each in tasks]):
        errors.add(f"attempt_limits.{name}", "limit_raised", message)
    samples = {each.task.task_id: each.sample_ids for each in tasks}
    for where, message, meant in mistakes(request.models, request.responses, samples):
        errors.add(where, "invalid_responses", message, meant)
    if request.include_tests and tasks and not any(each.tests for each in tasks):
        errors.add("include_tests", "no_tests", "none of the run's tasks is graded by tests that could be shown")
    if request.install_deps:
        _check_requirements([each.task for each in tasks], errors)


def _check_requirements(tasks: Sequence[Task], errors: _Errors) -> None:
    """What is to be installed must be there, and plain."""
    if tasks and not any(map(requirements_of, tasks)):
        message = (
            "none of the run's tasks has a workspace/requirements.txt that lists anything, without an image of its own"
        )
        errors.add("install_deps", "no_requirements", message)
    for message in (message for task in tasks for message in mistakes_of(task)):
        errors.add("install_deps", "invalid_requirements", message)


def _selected(task: Task, request: RunRequest, suite: SuiteManifest | None) -> SelectedTask:
    wanted = request.samples or (suite.samples if suite else 0)
    limits = suite.limits if suite else SuiteLimits()
    return SelectedTask(
        task=task,
        sample_ids=task.sample_ids[: wanted or None],
        weight=suite.weights.get(task.task_id, 1.0) if suite else 1.0,
        limits=limits.over(task.manifest.limits),
        tests=tests_of(task) if request.include_tests else "",
    )
