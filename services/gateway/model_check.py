"""Which models of a plan cannot be called, as far as a live runner can tell without calling them."""

from __future__ import annotations

from assay.bus.errors import BusError
from assay.bus.protocol import Bus
from assay.catalog.selection.replays import is_replay
from assay.contracts.models import ModelProblem
from assay.contracts.rpc import CheckModels
from assay.contracts.runs import RunPlan

TIMEOUT_SECONDS = 3.0
"""Short, because a quote waits for it."""


async def model_problems(plan: RunPlan, bus: Bus) -> tuple[ModelProblem, ...]:
    """Empty also if no runner answers in time: then it is unknown."""
    names = tuple(dict.fromkeys(pin.model.name for pin in plan.models if not is_replay(pin.model.name)))
    try:
        return (await bus.rpc.request(CheckModels(models=names), TIMEOUT_SECONDS)).problems
    except BusError:
        return ()
