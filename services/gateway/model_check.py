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
    needed = {pin.model.provider for pin in plan.models if pin.registered}
    registered = await ports.catalog.registered() if needed else {}
    providers = {name: provider for name, provider in registered.items() if name in needed}
    models = tuple(pin.model for pin in plan.models if not is_replay(pin.model.name))
    try:
        return (await ports.bus.rpc.request(CheckModels(models=models, providers=providers), TIMEOUT_SECONDS)).problems
    except BusError:
        return ()
