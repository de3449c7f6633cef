"""``assay models``."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.display.output import money, print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.errors import FAILED, OK
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.models import Capabilities
from assay.contracts.money import Price, usd

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["models"])


@app.command("list")
def list_models(server: Server = "", json: Json = False) -> None:
    """List the models that a run can use."""
    found = call(server, AssayClient.models)
    if json:
        print_json(found)
        return
    columns = ("model", "kind", "input", "output", "price version", "context", "capabilities")
    table = Table(*columns, numbers=("input", "output", "context"), prose=("capabilities",))
    for model in found:
        table.add(model.name, model.kind, *_price(model.price), *_capabilities(model.capabilities))
    print_table(table)
    print_notice("prices in US dollars per million tokens; `assay prices show` lists them in full")
    print_notice("context in tokens; capabilities that are not listed are unknown")


@app.command("test")
def test_model(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="For example local/smollm2-135m.")],
    server: Server = "",
    json: Json = False,
) -> None:
    """Send a model a one-word request, with a runner's keys and network."""
    probe = call(server, lambda client: client.test_model(model))
    if json:
        print_json(probe)
    elif probe.ok:
        print_line(("ok ", "green"), f"{probe.model} responded in {probe.latency_seconds:.2f} s: {probe.message}")
    else:
        print_line(("fail ", "bold red"), f"{probe.model}: {probe.fault}: {probe.message}")
    raise typer.Exit(OK if probe.ok else FAILED)


def _capabilities(known: Capabilities) -> tuple[str, str]:
    """The context window, and what the model is known to accept (``vision``) or not to accept (``no tools``)."""
    named = {
        "vision": known.vision,
        "tools": known.tools,
        "structured output": known.structured_output,
        "reasoning": known.reasoning,
    }
    listed = [name if accepted else f"no {name}" for name, accepted in named.items() if accepted is not None]
    return "" if known.context_tokens is None else f"{known.context_tokens:,}", ", ".join(listed)


def _price(price: Price | None) -> tuple[str, str, str]:
    if price is None:
        return "", "", ""
    if price.local:
        return "local", "local", price.version
    return money(usd(price.input_nanousd_per_mtok)), money(usd(price.output_nanousd_per_mtok)), price.version
