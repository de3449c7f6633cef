"""``assay costs``."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from assay.cli.display.output import add_row, money, print_json, print_line, print_notice, stdout, table
from assay.cli.errors import BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import day
from assay.cli.resolve_ids import find_run
from assay.cli.server import connected
from assay.contracts.rpc import CostBy
from assay.contracts.spending import CostRow, Costs

app = typer.Typer(add_completion=False, rich_markup_mode=None)

By = Annotated[CostBy, typer.Option("--by", help="What each line sums up.")]
Run = Annotated[str, typer.Option("--run", metavar="RUN", help="Only this run's calls; an id, or `latest`.")]
Since = Annotated[str, typer.Option("--since", metavar="DAY", help="First day, like 2026-01-31.")]
Until = Annotated[str, typer.Option("--until", metavar="DAY", help="Last day.")]
Prices = Annotated[
    str,
    typer.Option("--prices", metavar="DAY|VERSION", help="Also show what the same tokens would cost at other prices."),
]
Rows = Annotated[int, typer.Option("--rows", min=1, max=1000, help="Lines at most.")]


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
        raise BadUsage(f"--since {first} comes after --until {last}")
    found = asyncio.run(_fetch(server, by, run, first, last, prices, rows))
    if json:
        print_json(found)
        return
    stdout().print(_table(found, by, again=bool(prices)))
    print_line(f"judges: {money(found.judge_usd)}; beyond what was held: {money(found.excess_usd)}")
    if found.next_cursor:
        print_notice("there are more lines; --rows shows more of them, the total counts them all")


def _table(found: Costs, by: CostBy, *, again: bool) -> Table:
    numbers = ("calls", "input", "cached", "output", "reasoning", "cost", "estimated", "superseded", "at other prices")
    made = table(by, *(numbers if again else numbers[:-1]), numbers=numbers)
    for each in (*found.rows, found.total):
        add_row(made, *_cells(each, again=again))
    return made


def _cells(each: CostRow, *, again: bool) -> list[object]:
    usage = each.usage
    spent = (each.cost_usd, each.estimated_usd, each.superseded_usd)
    tokens = (usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.reasoning_tokens)
    cells: list[object] = [each.label, each.calls, *tokens, *map(money, spent)]
    return [*cells, "unknown" if each.recosted_usd is None else money(each.recosted_usd)] if again else cells


async def _fetch(
    server: str, by: CostBy, run: str, since: date | None, until: date | None, prices: str, rows: int
) -> Costs:
    async with connected(server) as client:
        run_id = (await find_run(client, run)).run_id if run else ""
        return await client.costs(by, run_id=run_id, since=since, until=until, as_of_prices=prices, limit=rows)
