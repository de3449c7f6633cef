"""``assay consumers``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from assay.cli.display.output import print_json, print_line
from assay.cli.errors import BadUsage, CommandFailed
from assay.cli.lazy import COMMANDS
from assay.cli.options import Data, Json
from assay.embedded.bus_logins import BusLogins
from assay.embedded.data_folder import DataFolder, write_private
from assay.embedded.errors import StackError

if TYPE_CHECKING:
    from assay.embedded.consumer_logins import ConsumerLogins

T = TypeVar("T")

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["consumers"])

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Up to 32 lower-case letters, digits and hyphens, for example billing.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write to this file, readable by you alone. Default: stdout."),
]


@app.command("token")
def write_token(name: Name, out: Out = None, data: Data = Path(".assay"), json: Json = False) -> None:
    """Write the settings with which an external program reads facts from NATS, and nothing else. The login is created
    unless it exists."""
    login = _with_logins(data, lambda logins: logins.add(name))
    settings = {"ASSAY_NATS_URL": login.url, "ASSAY_NATS_USER": login.user, "ASSAY_NATS_PASSWORD": login.password}
    if out is not None:
        write_private(out, _environment(settings))
    if json:
        print_json(settings)
    else:
        print_line(f"wrote {out}" if out is not None else _environment(settings).rstrip())


@app.command("list")
def list_names(data: Data = Path(".assay"), json: Json = False) -> None:
    """List the names of external consumers."""
    names = [*BusLogins(DataFolder(data)).consumers()]
    if json:
        print_json(names)
        return
    print_line("\n".join(names) if names else "no consumers; add one with `assay consumers token NAME`")


@app.command("remove")
def remove(name: Name, data: Data = Path(".assay"), json: Json = False) -> None:
    """Remove a consumer's login and its position."""
    if name not in BusLogins(DataFolder(data)).consumers():
        raise BadUsage(f"there is no consumer {name!r}; `assay consumers list` shows all")
    _with_logins(data, lambda logins: logins.remove(name))
    if json:
        print_json({"removed": name})
    else:
        print_line(f"removed {name}")


def _with_logins(data: Path, action: Callable[[ConsumerLogins], Awaitable[T]]) -> T:
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))  # errors are raised as well
    from assay.bus.errors import BusError, BusMisconfigured
    from assay.embedded.consumer_logins import ConsumerLogins

    async def run() -> T:
        return await action(ConsumerLogins(DataFolder(data)))

    try:
        return asyncio.run(run())
    except BusMisconfigured as error:
        raise BadUsage(str(error)) from error
    except (StackError, BusError) as error:
        raise CommandFailed(str(error)) from error


def _environment(settings: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())
