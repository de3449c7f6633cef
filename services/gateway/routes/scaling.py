"""How many slots a pool could use right now, for autoscalers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from assay.contracts.attempts import Stage
from assay.contracts.problems import FieldError
from assay.contracts.rpc import GetWantedSlots, WantedSlots
from assay.contracts.sandboxes import SandboxKind, SandboxRequirement, requirements_met
from assay.validation.did_you_mean import closest
from assay.validation.formats import NO_CONTROL_CHARACTERS
from services.gateway.errors import InvalidRequest
from services.gateway.http.parameters import Name
from services.gateway.ports import PortsDependency

K = TypeVar("K", bound=StrEnum)
Requirements = Annotated[
    str,
    QueryParameter(
        max_length=200,
        pattern=NO_CONTROL_CHARACTERS,
        description=f"Count only attempts that require one of these, separated by commas: "
        f"{', '.join(SandboxRequirement)}.",
    ),
]
Offers = Annotated[
    str,
    QueryParameter(
        max_length=200,
        pattern=NO_CONTROL_CHARACTERS,
        description="Count only attempts that workers with these kinds of sandbox can execute, separated by commas: "
        f"{', '.join(SandboxKind)}.",
    ),
]


@get("/{pool:str}", summary="Get the slots a pool could use", operation_id="get_wanted_slots")
async def get_wanted_slots(
    ports: PortsDependency,
    pool: Name,
    stage: FromQuery[Stage | None] = None,
    sandbox: Requirements = "",
    offers: Offers = "",
) -> WantedSlots:
    """`wanted_slots` are the attempts under way and those that would be started if there were unlimited workers:
    within the limits of runs, providers and money, without paused runs and unavailable models. Divide by the slots of a
    worker for the number of workers."""
    wanted = _names("sandbox", sandbox, SandboxRequirement)
    if offers:
        met = requirements_met(_names("offers", offers, SandboxKind))
        wanted = [each for each in met if not wanted or each in wanted]
        if not wanted:
            raise InvalidRequest(FieldError(where="offers", message="meets none of the requirements in `sandbox`"))
    slots = await ports.bus.rpc.request(GetWantedSlots(pool=pool, sandboxes=tuple(wanted)))
    if stage is None:
        return slots
    return msgspec.structs.replace(slots, **{other.value: None for other in Stage if other is not stage})


def _names(where: str, text: str, kinds: type[K]) -> list[K]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = list(kinds)
    errors = [
        FieldError(where=where, message=f"must be of {', '.join(known)}; got {name!r}", near=closest(name, known))
        for name in names
        if name not in known
    ]
    if errors:
        raise InvalidRequest(*errors)
    return [kinds(name) for name in names]


router = Router("/scaling", route_handlers=[get_wanted_slots], tags=["scaling"])
