"""Which models of a plan cannot be called, as far as a live runner can tell without calling them."""

from __future__ import annotations

from assay.bus.errors import BusError
from assay.catalog.selection.replays import is_replay
from assay.contracts.models import ModelProblem
from assay.contracts.rpc import CheckModels
from assay.contracts.runs import RunPlan
from services.gateway.ports import Ports

TIMEOUT_SECONDS = 3.0
"""Short, because a quote waits for it."""


async def model_problems(plan: RunPlan, ports: Ports) -> tuple[ModelProblem, ...]:
    """Empty also if no runner answers in time: then it is unknown."""
    pins = (*plan.models, *plan.judges)
    needed = {pin.model.provider for pin in pins if pin.registered}
    views = [view for view in await ports.catalog.providers() if not view.hidden]
    request = CheckModels(
        models=tuple(pin.model for pin in pins if not is_replay(pin.model.name)),
        providers={view.provider_id: view.provider for view in views if view.provider_id in needed},
        stored_keys=tuple(view.provider_id for view in views if view.key),
    )
    try:
        return (await ports.bus.rpc.request(request, TIMEOUT_SECONDS)).problems
    except BusError:
        return ()
