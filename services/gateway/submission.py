"""From a run request to a run plan: names are resolved, bundles stored and prices pinned."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import structs

from assay.artifacts import BUNDLE_MEDIA_TYPE, Area, pack
from assay.catalog.selection.replays import is_replay
from assay.catalog.selection.selection import SelectedTask
from assay.catalog.tasks.bundles import Bundles
from assay.catalog.tasks.include_tests import with_tests_shown
from assay.contracts.codec import encode
from assay.contracts.runs import ModelPin, RunPlan, RunRequest
from assay.contracts.tasks import TaskPin
from services.gateway.catalog_client import CatalogClient
from services.gateway.ports import Store
from services.gateway.validation.money import check_limits


async def build_plan(request: RunRequest, catalog: CatalogClient, stores: Mapping[Area, Store]) -> RunPlan:
    """Raises ProblemError, before anything is stored, if a name does not resolve. The same request and catalogue give
    the same plan."""
    return (await build_plan_with_notes(request, catalog, stores))[0]


async def build_plan_with_notes(
    request: RunRequest, catalog: CatalogClient, stores: Mapping[Area, Store]
) -> tuple[RunPlan, tuple[str, ...]]:
    """The plan, and notes for the user about what it leaves out."""
    check_limits(request.limits)
    resolved = await catalog.resolve(request)
    pins = await asyncio.gather(*(_pin_task(task, bundles, stores) for task, bundles in resolved.tasks))
    models = await _pin_models(request, resolved.selection.models, stores[Area.PUBLIC])
    plan = RunPlan(
        name=request.name,
        suite=resolved.selection.suite,
        tasks=tuple(pins),
        models=models,
        judges=resolved.selection.judges,
        repeats=resolved.selection.repeats,
        limits=request.limits,
        priority=request.priority,
        partial=request.partial,
        reuse=request.reuse,
        sandbox=request.sandbox,
        include_tests=request.include_tests,
        install_deps=request.install_deps,
    )
    return plan, resolved.selection.notes


async def current_tasks(
    task_ids: Sequence[str], catalog: CatalogClient, stores: Mapping[Area, Store]
) -> tuple[TaskPin, ...]:
    """The tasks as they are in the catalogue now, with their bundles stored. Raises ProblemError for an unknown one."""
    return (await build_plan(RunRequest(models=("nop",), tasks=tuple(task_ids)), catalog, stores)).tasks


async def _pin_models(request: RunRequest, pins: tuple[ModelPin, ...], store: Store) -> tuple[ModelPin, ...]:
    """Stores the responses that the request contains for replay models."""
    if request.responses is None:
        return pins
    ref = await store.put(encode(request.responses), "application/json")
    return tuple(structs.replace(pin, replay=ref) if is_replay(pin.model.name) else pin for pin in pins)


async def _pin_task(task: SelectedTask, bundles: Bundles, stores: Mapping[Area, Store]) -> TaskPin:
    public_files = with_tests_shown(bundles, task.tests) if task.tests else bundles.public
    public, hidden, reference = await asyncio.gather(
        stores[Area.PUBLIC].put(pack(public_files), BUNDLE_MEDIA_TYPE),
        stores[Area.HIDDEN].put(pack(bundles.hidden), BUNDLE_MEDIA_TYPE),
        stores[Area.REFERENCE].put(pack(bundles.reference), BUNDLE_MEDIA_TYPE),
    )
    return task.pin(public=public, hidden=hidden, reference=reference)
