"""What calls cost, and what models cost."""

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
from services.gateway.errors import InvalidRequest
from services.gateway.http.parameters import PLAIN, Cursor, Limit
from services.gateway.ports import Ports, PortsDependency

COSTS_SECONDS = 30.0
_PAGE = 1000
RunFilter = Annotated[str, QueryParameter(max_length=64, pattern="^[0-9a-z]*$", description="Only this run's calls.")]
Since = Annotated[date | None, QueryParameter(description="First day, YYYY-MM-DD.")]
Until = Annotated[date | None, QueryParameter(description="Last day, YYYY-MM-DD.")]
AsOfPrices = Annotated[
    str,
    QueryParameter(
        max_length=100,
        pattern=PLAIN,
        description="Also say what the same tokens would cost at the prices of a day (`2025-06-01`) or of a version "
        "(`prices.yaml/2025-01-01`, `genai-prices/...`), in `recosted_usd`.",
    ),
]


@get("/costs", summary="What calls cost", operation_id="get_costs")
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
    """Summed by call, task, model, day or run. The total counts every try; judges' calls and what went beyond holds are
    apart. Costing again by other prices is a report: it changes nothing that was charged."""
    if since and until and since > until:
        raise InvalidRequest(FieldError(where="since", message=f"{since} comes after until, {until}"))
    asked = GetCosts(by=by, run_id=run_id, since=since, until=until, cursor=cursor, limit=limit)
    if as_of_prices:
        asked = msgspec.structs.replace(asked, prices=await _prices(ports, asked, as_of_prices))
    return await ports.bus.rpc.request(asked, COSTS_SECONDS)


@get("/prices", summary="What models cost", operation_id="list_prices")
async def list_prices(
    ports: PortsDependency,
    model: Annotated[str, QueryParameter(max_length=200, pattern=PLAIN, description="One that a run can name.")] = "",
    day: Annotated[date | None, QueryParameter(description="The prices of that day; default: today's.")] = None,
) -> list[ModelPrice]:
    """Each known model's price and the version of the table it comes from, or why it has none."""
    return list(await ports.catalog.prices(str(day or ""), [model] if model else None))


async def _prices(ports: Ports, asked: GetCosts, as_of: str) -> dict[str, Price]:
    """The prices of the models that the calls name, where there are any."""
    query = msgspec.structs.replace(asked, by=CostBy.MODEL, cursor="", limit=_PAGE)
    names: list[str] = []
    while True:
        page = await ports.bus.rpc.request(query, COSTS_SECONDS)
        names.extend(row.label for row in page.rows)
        if not page.next_cursor:
            break
        query = msgspec.structs.replace(query, cursor=page.next_cursor)
    found = await ports.catalog.prices(as_of, names)
    return {each.model: each.price for each in found if each.price is not None}


router = Router("/", route_handlers=[get_costs, list_prices], tags=["money"])
