"""The project's accounts (spent, held, left) and its limits."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from litestar import Router, get, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from assay.contracts.codec import Data
from assay.contracts.money import Usd
from assay.contracts.problems import FieldError
from assay.contracts.rpc import GetMoney, Money, SetMoneyLimits
from assay.validation.did_you_mean import closest
from services.gateway.errors import InvalidRequest
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency
from services.gateway.validation.money import check_amounts


class MoneyLimits(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits per day, lifetime, and of models that judge; null means no limit. Without ``judge_usd``, the judges' limit
    stays as it is. Days begin at midnight in ``time_zone``, an IANA name."""

    day_usd: Usd | None
    project_usd: Usd | None
    time_zone: Annotated[str, Meta(max_length=100)]
    judge_usd: Usd | UnsetType | None = UNSET


@get("/", summary="Get the accounts", operation_id="get_money")
async def get_money(ports: PortsDependency) -> Money:
    """The accounts of today and of the project with their limits. The cost of model judges and spending beyond holds
    are listed separately."""
    return await ports.bus.rpc.request(GetMoney())


@put("/limits", summary="Set the limits", operation_id="set_money_limits", dto=Body[MoneyLimits], return_dto=None)
async def set_money_limits(data: JSONBody[MoneyLimits], ports: PortsDependency) -> Money:
    """Limits take effect at once; one below what is already spent stops new model requests, and results so far are
    kept. If money was spent today or yesterday, another time zone takes effect at the next midnight of the present one
    (`next_time_zone_at`), so that today's spending still counts."""
    judge_usd = None if data.judge_usd is UNSET else data.judge_usd
    check_amounts({"day_usd": data.day_usd, "project_usd": data.project_usd, "judge_usd": judge_usd})
    check_time_zone(data.time_zone)
    limits = SetMoneyLimits(
        day_usd=data.day_usd, project_usd=data.project_usd, time_zone=data.time_zone, judge_usd=data.judge_usd
    )
    return await ports.bus.rpc.request(limits)


def check_time_zone(name: str) -> None:
    """Raises InvalidRequest if the name is not in the IANA database."""
    known = available_timezones()
    if name in known:
        return
    message = f"must be an IANA time zone such as Europe/Berlin or UTC, got {name!r}"
    raise InvalidRequest(FieldError(where="time_zone", message=message, near=closest(name, known)))


router = Router("/money", route_handlers=[get_money, set_money_limits], tags=["money"])
