"""From what was asked for to what will be done: every name resolved, every bundle stored, every price pinned."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from assay.artifacts import BUNDLE_MEDIA_TYPE, Area, pack
from assay.catalog.bundles import Bundles
from assay.catalog.selection import SelectedTask
from assay.contracts.runs import RunPlan, RunRequest
from assay.contracts.tasks import TaskPin
from services.gateway.amounts import check_limits
from services.gateway.ports import Names, Store


async def plan_of(request: RunRequest, names: Names, stores: Mapping[Area, Store]) -> RunPlan:
    """Raises ProblemError for names that do not resolve; nothing is stored then. The same request gives the same plan
    for as long as the catalogue is the same."""
    check_limits(request.limits)
    chosen = await names.choose(request)
    pins = await asyncio.gather(*(_pin(task, bundles, stores) for task, bundles in chosen.tasks))
    return RunPlan(
        name=request.name,
        suite=chosen.selection.suite,
        tasks=tuple(pins),
        models=chosen.selection.models,
        repeats=chosen.selection.repeats,
        limits=request.limits,
        priority=request.priority,
        partial=request.partial,
        reuse=request.reuse,
    )


async def _pin(task: SelectedTask, bundles: Bundles, stores: Mapping[Area, Store]) -> TaskPin:
    public, hidden, reference = await asyncio.gather(
        stores[Area.PUBLIC].put(pack(bundles.public), BUNDLE_MEDIA_TYPE),
        stores[Area.HIDDEN].put(pack(bundles.hidden), BUNDLE_MEDIA_TYPE),
        stores[Area.REFERENCE].put(pack(bundles.reference), BUNDLE_MEDIA_TYPE),
    )
    return task.pin(public=public, hidden=hidden, reference=reference)
