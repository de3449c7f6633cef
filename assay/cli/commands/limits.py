"""``assay limits``."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import UNSET

from assay.cli.display.output import cell_text, money, print_json, print_line, print_notice
from assay.cli.display.run_text import left_text, limit_text
from assay.cli.display.table import Table, print_table
from assay.cli.errors import BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import dollars_or_none
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.rpc import Money
from assay.contracts.spending import AccountKind

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["limits"])

Day = Annotated[str, typer.Option("--day", metavar="USD|none", help="Spending limit per day.")]
Project = Annotated[str, typer.Option("--project", metavar="USD|none", help="Lifetime spending limit.")]
Judges = Annotated[
    str, typer.Option("--judge", metavar="USD|none", help="Lifetime spending limit of models that grade.")
]
TimeZone = Annotated[
    str, typer.Option("--time-zone", metavar="NAME", help="Time zone in which days begin, for example Europe/Berlin.")
]


@app.command("show")
def show_limits(server: Server = "", json: Json = False) -> None:
    """Show today's and lifetime spending, reservations and limits."""
    _show(call(server, AssayClient.money), json)


@app.command("set")
def set_limits(
    day: Day = "",
    project: Project = "",
    judge: Judges = "",
    time_zone: TimeZone = "",
    server: Server = "",
    json: Json = False,
) -> None:
    """Set limits; omitted ones keep their value. A limit below what is already spent only stops new requests."""
    if not (day or project or judge or time_zone):
        raise BadUsage("nothing to set: use --day, --project, --judge or --time-zone")
    changed = {
        kind: dollars_or_none(text, f"--{kind}")
        for kind, text in ((AccountKind.DAY, day), (AccountKind.PROJECT, project))
        if text
    }

    async def change(client: AssayClient) -> Money:
        current = await client.money()
        limits = {account.kind: account.limit_usd for account in current.accounts} | changed
        return await client.set_money_limits(
            day_usd=limits.get(AccountKind.DAY),
            project_usd=limits.get(AccountKind.PROJECT),
            time_zone=time_zone or current.next_time_zone or current.time_zone,
            judge_usd=dollars_or_none(judge, "--judge") if judge else UNSET,
        )

    found = call(server, change)
    given = {"day": bool(day), "project": bool(project), "judge": bool(judge), "time zone": bool(time_zone)}
    set_, kept = (", ".join(name for name, new in given.items() if new is wanted) for wanted in (True, False))
    print_notice(f"set: {set_}" + (f"; unchanged: {kept}" if kept else ""))
    _show(found, json)


def _show(found: Money, json: bool) -> None:
    if json:
        print_json(found)
        return
    table = Table("account", "spent", "held", "limit", "left", numbers=("spent", "held", "limit", "left"))
    for account in found.accounts:
        spent, held = money(account.spent_usd), money(account.held_usd)
        table.add(
            _NAMES.get(account.kind, account.kind),
            spent,
            held,
            limit_text(account.limit_usd),
            left_text(account),
        )
    print_table(table)
    print_line(f"days begin at midnight in {found.time_zone}; limit a single run with `assay run --limit`")
    if found.next_time_zone:
        begins = cell_text(found.next_time_zone_at)
        print_line(f"from {begins} on they begin in {found.next_time_zone}, so that today's spending still counts")


_NAMES = {
    AccountKind.DAY: "today",
    AccountKind.PROJECT: "lifetime",
    AccountKind.JUDGE: "judges",
    AccountKind.EXCESS: "above reservations",
}
