"""Money: what a project spent, holds and may spend, and its limits."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from litestar import Router, get, put
from litestar.params import JSONBody
from msgspec import Meta

from assay.catalog.did_you_mean import closest
from assay.contracts.codec import Data
from assay.contracts.money import Usd
from assay.contracts.problems import FieldError
from assay.contracts.rpc import GetMoney, Money, SetMoneyLimits
from services.gateway.errors import InvalidRequest
from services.gateway.http.request_body import Body
from services.gateway.money_validation import check_amounts
from services.gateway.ports import PortsDependency


class MoneyLimits(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of each day, and of all time; null for no limit. Days begin at midnight in ``time_zone``, an IANA name."""

    day_usd: Usd | None
    project_usd: Usd | None
    time_zone: Annotated[str, Meta(max_length=100)]


@get("/", summary="What was spent, is held, and may be spent", operation_id="get_money")
async def get_money(ports: PortsDependency) -> Money:
    """The accounts of the day and of the project with their limits, and apart from them what model judges cost and what
    went beyond holds."""
    return await ports.bus.rpc.request(GetMoney())


@put("/limits", summary="Set the limits", operation_id="set_money_limits", dto=Body[MoneyLimits], return_dto=None)
async def set_money_limits(data: JSONBody[MoneyLimits], ports: PortsDependency) -> Money:
    """They hold from now on. A limit below what is spent stops new requests and changes nothing that was."""
    check_amounts({"day_usd": data.day_usd, "project_usd": data.project_usd})
    check_time_zone(data.time_zone)
    limits = SetMoneyLimits(day_usd=data.day_usd, project_usd=data.project_usd, time_zone=data.time_zone)
    return await ports.bus.rpc.request(limits)


def check_time_zone(name: str) -> None:
    """Raises Invalid for what is no name of the IANA database."""
    known = available_timezones()
    if name in known:
        return
    message = f"{name!r} is no time zone of the IANA database; write it like Europe/Berlin, or UTC"
    raise InvalidRequest(FieldError(where="time_zone", message=message, near=closest(name, known)))


router = Router("/money", route_handlers=[get_money, set_money_limits], tags=["money"])
