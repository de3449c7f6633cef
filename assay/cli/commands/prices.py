"""``assay prices``: reads and edits the catalogue's ``prices.yaml`` on this machine, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

import typer

from assay.catalog import Catalog, CatalogError, InvalidCatalog
from assay.catalog.models import BASELINES
from assay.catalog.prices.add_price import add_price
from assay.catalog.prices.rates import TokenPrice
from assay.catalog.prices.table import PRICES_FILE
from assay.cli import quantities
from assay.cli.display.output import money, print_json, print_line
from assay.cli.display.table import Table, print_table
from assay.cli.errors import FAILED, OK, BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json
from assay.contracts.codec import Data
from assay.contracts.money import Price, Rates, usd
from assay.contracts.spending import ModelPrice
from assay.embedded.environment import catalog_folder, with_dotenv

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["prices"])

Names = Annotated[list[str], typer.Argument(metavar="MODEL", help="Default: every known model.")]
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="For example custom/my-model, custom/* for all models of a provider, or custom/m=0.15/0.6.",
    ),
]
Day = Annotated[
    str, typer.Option("--day", metavar="DAY", help="Prices on this day, for example 2026-01-31. Default: today.")
]
Input = Annotated[str, typer.Option("--input", metavar="USD", help="Per million input tokens.")]
Output = Annotated[str, typer.Option("--output", metavar="USD", help="Per million output tokens.")]
Cached = Annotated[
    str, typer.Option("--cached", metavar="USD", help="Per million cached input tokens. Default: the input price.")
]
CacheWrite = Annotated[
    str,
    typer.Option(
        "--cache-write", metavar="USD", help="Per million input tokens written to the cache. Default: the input price."
    ),
]
Reasoning = Annotated[
    str, typer.Option("--reasoning", metavar="USD", help="Per million reasoning tokens. Default: the output price.")
]
From = Annotated[str, typer.Option("--from", metavar="DAY", help="First day of the price. Default: today.")]
_NO_CALLS = "calls no model"


class PriceCheck(Data, frozen=True, kw_only=True):
    """The result for a model or a file; ``text`` is where the price comes from, or what is wrong."""

    name: str
    ok: bool
    text: str


@app.command("show")
def show_prices(model: Names = [], day: Day = "", json: Json = False) -> None:  # noqa: B006
    """Show prices per million tokens, each with its version and source."""
    catalog = _open()
    on_day = quantities.day(day, "--day")
    unknown = _unknown(catalog, model)
    if unknown and unknown.keys() == set(model):
        raise BadUsage(_lines(unknown))
    found = [_model_price(catalog, name, on_day) for name in model or _names(catalog) if name not in unknown]
    _print_prices(found, json)
    if unknown:
        raise BadUsage(_lines(unknown))


def _print_prices(found: list[ModelPrice], json: bool) -> None:
    if json:
        print_json(found)
        return
    columns = ("model", "input", "cached", "cache write", "output", "reasoning", "for input above", "version", "source")
    table = Table(*columns, numbers=columns[1:7], prose=("source",))
    for each in found:
        for cells in _rows(each):
            table.add(*cells)
    print_table(table)


@app.command("set")
def set_price(
    model: Model,
    into: Input = "",
    out: Output = "",
    cached: Cached = "",
    cache_write: CacheWrite = "",
    reasoning: Reasoning = "",
    since: From = "",
    json: Json = False,
) -> None:
    """Add a price to prices.yaml that applies from a day on. Existing prices and comments stay as they are."""
    model, into, out = _amounts(model, into, out)
    catalog = _open()
    begins = quantities.day(since, "--from") or datetime.now(UTC).date()
    into, out = quantities.dollars(into, "--input"), quantities.dollars(out, "--output")
    price = TokenPrice(
        input_usd_per_mtok=Decimal(into),
        output_usd_per_mtok=Decimal(out),
        cached_usd_per_mtok=Decimal(quantities.dollars(cached, "--cached")) if cached else None,
        cache_write_usd_per_mtok=Decimal(quantities.dollars(cache_write, "--cache-write")) if cache_write else None,
        reasoning_usd_per_mtok=Decimal(quantities.dollars(reasoning, "--reasoning")) if reasoning else None,
    )
    path = catalog.root / PRICES_FILE
    try:
        add_price(path, f"{catalog.root.name}/{PRICES_FILE}", catalog.registry().providers, model, price, begins)
    except CatalogError as error:
        raise BadUsage(error.problem.detail) from error
    version = f"{PRICES_FILE}/{begins.isoformat()}"
    if json:
        print_json(ModelPrice(model=model, price=price.price(version)))
        return
    amounts = f"{money(into)} in and {money(out)} out per million tokens"
    print_line(f"{model} costs {amounts} from {begins} on; added as version {version} to {path}")


@app.command("check")
def check_prices(json: Json = False) -> None:
    """Check that prices.yaml is valid and every known model has a price."""
    catalog = _open()
    found = list(_checks(catalog))
    if json:
        print_json(found)
    else:
        for each in found:
            print_line(("ok   ", "green") if each.ok else ("fail ", "bold red"), f"{each.name}: {each.text}")
    raise typer.Exit(OK if all(each.ok for each in found) else FAILED)


def _amounts(model: str, into: str, out: str) -> tuple[str, str, str]:
    """The model and its two prices, which may also be written as MODEL=IN/OUT."""
    name, equals, amounts = model.partition("=")
    if equals and not into and not out:
        into, _, out = amounts.partition("/")
    if not into or not out:
        raise BadUsage(f"give both prices: `assay prices set {name} --input 0.15 --output 0.6` or {name}=0.15/0.6")
    return name, into, out


def _open() -> Catalog:
    try:
        return Catalog.open(catalog_folder(with_dotenv()))
    except CatalogError as error:
        raise BadUsage(error.problem.detail) from error


def _names(catalog: Catalog) -> list[str]:
    """Every model a run can use by name, and every model in prices.yaml."""
    try:
        return list(dict.fromkeys((*catalog.registry().names(), *catalog.prices().names())))
    except InvalidCatalog as error:
        raise BadUsage(error.problem.detail) from error


def _unknown(catalog: Catalog, names: list[str]) -> dict[str, str]:
    """By name: why there is no such model."""
    unknown: dict[str, str] = {}
    for name in names:
        try:
            catalog.registry().entry(name)
        except CatalogError as error:
            unknown[name] = error.problem.detail
    return unknown


def _lines(unknown: dict[str, str]) -> str:
    return "\n".join(dict.fromkeys(unknown.values()))


def _model_price(catalog: Catalog, name: str, day: date | None) -> ModelPrice:
    try:
        price = catalog.price(name, day)
    except CatalogError as error:
        return ModelPrice(model=name, reason=error.problem.detail)
    return ModelPrice(model=name, price=price, reason="" if price else _NO_CALLS)


def _rows(each: ModelPrice) -> Iterator[tuple[str, ...]]:
    """A row for the price, then one per tier."""
    if each.price is None:
        yield (each.model, *("",) * 7, each.reason)
        return
    yield (each.model, *_rates(each.price), "", each.price.version, _source(each.price))
    for tier in each.price.tiers:
        yield ("", *_rates(tier), f"{tier.above_input_tokens}", "", "")


def _rates(rates: Rates) -> tuple[str, ...]:
    amounts = (
        rates.input_nanousd_per_mtok,
        rates.cached_nanousd_per_mtok,
        rates.cache_write_nanousd_per_mtok,
        rates.output_nanousd_per_mtok,
        rates.reasoning_nanousd_per_mtok,
    )
    return tuple("" if amount is None else money(usd(amount)) for amount in amounts)


def _source(price: Price) -> str:
    if price.local:
        return "local, free of charge"
    return "catalogue" if price.version.startswith((f"{PRICES_FILE}/", "scripted/")) else "price database"


def _checks(catalog: Catalog) -> Iterator[PriceCheck]:
    """Files first: models cannot be looked up in invalid files."""
    mistakes = [mistake for mistake in catalog.mistakes() if mistake.file.endswith((PRICES_FILE, "models.yaml"))]
    yield from (PriceCheck(name=mistake.place, ok=False, text=mistake.message) for mistake in mistakes)
    if mistakes:
        return
    yield PriceCheck(name=PRICES_FILE, ok=True, text="valid")
    for name in _names(catalog):
        found = _model_price(catalog, name, None)
        if found.price is not None:
            yield PriceCheck(name=name, ok=True, text=f"{_source(found.price)}, version {found.price.version}")
        else:
            yield PriceCheck(name=name, ok=name in BASELINES, text=found.reason)
