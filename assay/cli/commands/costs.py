"""``assay costs``."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.display.output import money, print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.errors import BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import day
from assay.cli.resolve_ids import find_run
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.rpc import CostBy
from assay.contracts.spending import CostRow, Costs

app = typer.Typer(add_completion=False, rich_markup_mode=None)

By = Annotated[CostBy, typer.Option("--by", help="Group costs by this.")]
Run = Annotated[str, typer.Option("--run", metavar="RUN", help="Only calls of this run: an id, or `latest`.")]
Since = Annotated[str, typer.Option("--since", metavar="DAY", help="First day, for example 2026-01-31.")]
Until = Annotated[str, typer.Option("--until", metavar="DAY", help="Last day.")]
Prices = Annotated[
    str,
    typer.Option("--prices", metavar="DAY|VERSION", help="Also show the cost of the same tokens at these prices."),
]
Rows = Annotated[int, typer.Option("--rows", metavar="N", min=1, max=1000, help="Maximum number of rows.")]


@app.command(help=COMMANDS["costs"])
def costs(
    by: By = CostBy.MODEL,
    run: Run = "",
    since: Since = "",
    until: Until = "",
    prices: Prices = "",
    rows: Rows = 500,
    server: Server = "",
    json: Json = False,
) -> None:
    first, last = day(since, "--since"), day(until, "--until")
    if first and last and first > last:
        raise BadUsage(f"--since {first} is after --until {last}")

    async def fetch(client: AssayClient) -> Costs:
        run_id = (await find_run(client, run)).run_id if run else ""
        return await client.costs(by, run_id=run_id, since=first, until=last, as_of_prices=prices, limit=rows)

    found = call(server, fetch)
    if json:
        print_json(found)
        return
    print_table(_table(found, by, recosted=bool(prices)))
    print_line(f"judges: {money(found.judge_usd)}; above reservations: {money(found.excess_usd)}")
    if found.next_cursor:
        print_notice("not all rows are shown (raise --rows); the total includes them all")


def _table(found: Costs, by: CostBy, *, recosted: bool) -> Table:
    tokens = ("input", "cached", "cache write", "output", "reasoning")
    numbers = ("calls", *tokens, "cost", "estimated", "superseded", "at other prices")
    table = Table(by, *(numbers if recosted else numbers[:-1]), numbers=numbers)
    for each in (*found.rows, found.total):
        table.add(*_cells(each, recosted=recosted))
    return table


def _cells(each: CostRow, *, recosted: bool) -> list[object]:
    usage = each.usage
    spent = (each.cost_usd, each.estimated_usd, each.superseded_usd)
    inputs = (usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens)
    tokens = (*inputs, usage.output_tokens, usage.reasoning_tokens)
    cells: list[object] = [each.label, each.calls, *tokens, *map(money, spent)]
    return [*cells, "unknown" if each.recosted_usd is None else money(each.recosted_usd)] if recosted else cells
