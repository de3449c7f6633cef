"""The cost of calls, and the prices of models."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from assay.contracts.money import Price
from assay.contracts.problems import FieldError
from assay.contracts.rpc import CostBy, GetCosts
from assay.contracts.spending import Costs, ModelPrice
from assay.validation.formats import ID, NO_CONTROL_CHARACTERS
from services.gateway.errors import InvalidRequest
from services.gateway.http.parameters import Cursor, Limit
from services.gateway.ports import Ports, PortsDependency

COSTS_TIMEOUT_SECONDS = 30.0
_PAGE = 1000
RunFilter = Annotated[str, QueryParameter(max_length=64, pattern=ID, description="Only this run's calls.")]
Since = Annotated[date | None, QueryParameter(description="First day, YYYY-MM-DD.")]
Until = Annotated[date | None, QueryParameter(description="Last day, YYYY-MM-DD.")]
AsOfPrices = Annotated[
    str,
    QueryParameter(
        max_length=100,
        pattern=NO_CONTROL_CHARACTERS,
        description="Also report, in `recosted_usd`, what the same tokens would cost at the prices of a day "
        "(`2025-06-01`) or of a price table version (`prices.yaml/2025-01-01`, `genai-prices/...`).",
    ),
]


@get("/costs", summary="Get the cost of calls", operation_id="get_costs")
async def get_costs(
    ports: PortsDependency,
    by: FromQuery[CostBy] = CostBy.MODEL,
    run_id: RunFilter = "",
    since: Since = None,
    until: Until = None,
    as_of_prices: AsOfPrices = "",
    cursor: Cursor = "",
    limit: Limit = 500,
) -> Costs:
    """Costs grouped by call, task, model, day or run. The total includes every try; calls of model judges, and spending
    beyond holds, are listed separately. Recosting at other prices does not change what was charged."""
    if since and until and since > until:
        raise InvalidRequest(FieldError(where="since", message=f"{since} is after until ({until})"))
    query = GetCosts(by=by, run_id=run_id, since=since, until=until, cursor=cursor, limit=limit)
    if as_of_prices:
        query = msgspec.structs.replace(query, prices=await _prices(ports, query, as_of_prices))
    return await ports.bus.rpc.request(query, COSTS_TIMEOUT_SECONDS)


@get("/prices", summary="List model prices", operation_id="list_prices")
async def list_prices(
    ports: PortsDependency,
    model: Annotated[
        str, QueryParameter(max_length=200, pattern=NO_CONTROL_CHARACTERS, description="Only this model.")
    ] = "",
    day: Annotated[date | None, QueryParameter(description="The prices of that day; default: today's.")] = None,
) -> list[ModelPrice]:
    """The price of each known model and the price table version it comes from, or why the model has no price."""
    return list(await ports.catalog.prices(str(day or ""), [model] if model else None))


async def _prices(ports: Ports, query: GetCosts, as_of: str) -> dict[str, Price]:
    """The prices of the models in the calls; models without a price are left out."""
    query = msgspec.structs.replace(query, by=CostBy.MODEL, cursor="", limit=_PAGE)
    names: list[str] = []
    while True:
        page = await ports.bus.rpc.request(query, COSTS_TIMEOUT_SECONDS)
        names.extend(row.label for row in page.rows)
        if not page.next_cursor:
            break
        query = msgspec.structs.replace(query, cursor=page.next_cursor)
    found = await ports.catalog.prices(as_of, names)
    return {each.model: each.price for each in found if each.price is not None}


router = Router("/", route_handlers=[get_costs, list_prices], tags=["money"])
