"""``assay models``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from msgspec.structs import replace

from assay.cli import provider_options as options
from assay.cli.display.output import money, print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.errors import FAILED, OK, BadUsage, CommandFailed
from assay.cli.lazy import COMMANDS
from assay.cli.model_change import ModelChange, find_added
from assay.cli.options import Json, Server
from assay.cli.parameters import Param, read_parameters
from assay.cli.provider_keys import list_providers, read_key, store_key
from assay.cli.provider_options import ModelChanges, ProviderChanges, split_name
from assay.cli.pull import follow_pull, pull_display
from assay.cli.quantities import count_text, token_price
from assay.cli.server import call
from assay.cli.unset_options import Unset, read_unset
from assay.client import AssayClient
from assay.contracts.models import Capabilities, ModelView, Origin
from assay.contracts.money import Price, usd
from assay.contracts.providers import Provider
from assay.contracts.rpc import ModelProbe, OfferedModels
from assay.contracts.spending import ModelPrice

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["models"])

app.command("key")(store_key)
app.command("providers")(list_providers)

Model = Annotated[str, typer.Argument(metavar="MODEL", help="For example local/smollm2-135m.")]
NewModel = Annotated[str, typer.Argument(metavar="MODEL", help="Provider and model, for example my-server/qwen3-8b.")]
ProviderFilter = Annotated[
    str, typer.Option("--provider", metavar="ID", help="Ask this provider which models it has now.")
]


@app.command("list")
def list_models(provider: ProviderFilter = "", server: Server = "", json: Json = False) -> None:
    """List the models that a run can use."""
    if provider:
        _list_offered(call(server, lambda client: client.offered_models(provider)), json)
        return
    found = call(server, AssayClient.models)
    if json:
        print_json(found)
        return
    columns = ("model", "kind", "from", "input", "output", "price version", "context", "capabilities")
    table = Table(*columns, numbers=("input", "output", "context"), prose=("capabilities",))
    for model in found:
        table.add(model.name, model.kind, _origin(model), *_price(model.price), *_capabilities(model.capabilities))
    print_table(table)
    print_notice("prices in US dollars per million tokens; `assay prices show` lists them in full")
    print_notice("context in tokens; capabilities that are not listed are unknown")


@app.command("test")
def test_model(
    model: Model,
    param: Param = [],  # noqa: B006  (typer copies it)
    server: Server = "",
    json: Json = False,
) -> None:
    """Send a model a one-word request, with a runner's keys and network."""
    parameters = read_parameters(param)
    probe = call(server, lambda client: client.test_model(model, parameters))
    if json:
        print_json(probe)
    elif probe.ok:
        print_line(
            ("ok ", "green"),
            f"{probe.model} responded in {probe.latency_seconds:.2f} s: {' '.join(probe.message.split())}",
        )
        for line in _measured(probe):
            print_line(f"   {line}")
    else:
        print_line(("fail ", "bold red"), f"{probe.model}: {probe.fault}: {probe.message}")
    raise typer.Exit(OK if probe.ok else FAILED)


@app.command("pull")
def pull_model(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="For example ollama/llama3.2.")],
    server: Server = "",
    json: Json = False,
) -> None:
    """Let Ollama download a model, and show the progress. A download that is running is joined."""
    with pull_display(quiet=json) as display:
        pulled = call(server, lambda client: follow_pull(client, model, display))
    if json:
        print_json(pulled)
    elif pulled.error:
        print_line(("fail ", "bold red"), f"{pulled.model}: {pulled.error}")
    else:
        print_line(("ok ", "green"), f"{pulled.model} is installed; try it: assay models test {pulled.model}")
    raise typer.Exit(FAILED if pulled.error else OK)


@app.command("add", help="Add a model, and its provider if that is new.")
@app.command("edit", help="Change an added model or its provider; omitted options keep their value.")
def put_model(
    invoked: typer.Context,
    model: NewModel,
    url: options.Url = "",
    kind: options.Kind = None,
    key_env: options.KeyEnv = "",
    key: options.Key = False,
    local: options.Local = None,
    price: options.PriceOption = "",
    title: options.Title = "",
    param: Param = [],  # noqa: B006
    vision: options.Vision = None,
    tools: options.Tools = None,
    structured_output: options.StructuredOutput = None,
    reasoning: options.Reasoning = None,
    context: options.ContextTokens = None,
    unset: Unset = [],  # noqa: B006
    api: options.ApiOption = None,
    api_version: options.ApiVersion = "",
    concurrency: options.Concurrent = None,
    requests_per_minute: options.RequestRate = None,
    tokens_per_minute: options.TokenRate = None,
    server: Server = "",
    json: Json = False,
) -> None:
    provider_id, _ = split_name(model)
    of_provider = ProviderChanges(
        url=url,
        kind=kind,
        key_env=key_env,
        stored_key=key or None,
        local=local,
        api=api,
        api_version=api_version,
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
    )
    known = Capabilities(
        vision=vision, tools=tools, structured_output=structured_output, reasoning=reasoning, context_tokens=context
    )
    of_model = ModelChanges(
        title=title,
        parameters=read_parameters(param),
        price=token_price(price) if price else None,
        capabilities=known,
    )
    change = ModelChange(
        model=model,
        adding=invoked.info_name == "add",
        of_provider=of_provider,
        of_model=of_model,
        unset=read_unset(unset),
        key=read_key(provider_id) if key else "",
    )
    stored, priced = call(server, change.put)
    if json:
        print_json(stored)
    else:
        _print_stored(model, stored.provider, priced)


@app.command("remove")
def remove_model(
    model: Annotated[str, typer.Argument(metavar="MODEL|PROVIDER", help="A model, or a provider with all its models.")],
    server: Server = "",
    json: Json = False,
) -> None:
    """Remove a model that was added with `assay models add`. Its provider goes with its last model."""
    provider_id, slash, name = model.partition("/")

    async def remove(client: AssayClient) -> str:
        found = await find_added(client, provider_id)
        if found is None:
            raise BadUsage(f"there is no provider {provider_id!r}; `assay models list` shows all models")
        others = tuple(entry for entry in found.provider.models if slash and entry.name != name)
        if slash and len(others) == len(found.provider.models):
            raise BadUsage(f"provider {provider_id!r} does not list a model {name!r}; `assay models list` shows them")
        if others:
            await client.put_provider(provider_id, replace(found.provider, models=others), found.revision)
            return f"removed {model}"
        await client.remove_provider(provider_id)
        return f"removed provider {provider_id} and {count_text(len(found.provider.models), 'model')}"

    removed = call(server, remove)
    if json:
        print_json({"removed": model})
    else:
        print_line(removed)


def _print_stored(model: str, provider: Provider, priced: ModelPrice) -> None:
    if priced.price is None:
        print_line(f"{model}: stored, but it has no price yet: {priced.reason}")
        print_line("   runs are refused without one: give --price IN/OUT, or --local if its tokens are free")
    else:
        into, out, version = _price(priced.price)
        cost = "local, tokens are free" if priced.price.local else f"{into} in, {out} out per million ({version})"
        print_line(f"{model}: stored; price: {cost}")
    if provider.api_key_env:
        print_line(f"   its key is read from {provider.api_key_env} in the environment of the runners, or from .env")
    if provider.stored_key:
        print_line("   its key is stored, encrypted; `assay models key` replaces it")
    print_line(f"   try it: assay models test {model}")


def _list_offered(found: OfferedModels, json: bool) -> None:
    if json:
        print_json(found)
    elif found.reason:
        raise CommandFailed(f"{found.provider_id} cannot be asked for its models: {found.reason}")
    else:
        table = Table("model", "about")
        for model in found.models:
            table.add(f"{found.provider_id}/{model.name}", model.detail)
        print_table(table)
        age = round((datetime.now(UTC) - found.fetched_at).total_seconds())
        print_notice(f"{count_text(len(found.models), 'model')}, as {found.provider_id} listed them {age} s ago")


def _measured(probe: ModelProbe) -> list[str]:
    """What a test measured, one sentence each."""
    lines: list[str] = []
    if probe.first_token_seconds is not None:
        speed = f", {probe.tokens_per_second:.1f} tokens/s after it" if probe.tokens_per_second else ""
        lines.append(f"first token after {probe.first_token_seconds:.2f} s{speed}")
    usage = probe.usage
    lines.append(
        f"{usage.input_tokens} tokens in, {usage.output_tokens} out" if usage else "the provider reported no usage"
    )
    if probe.price is not None:
        lines.append("price: local" if probe.price.local else f"cost: {money(usd(probe.cost_nanousd))}")
    if probe.served_model and probe.served_model != probe.model.partition("/")[2]:
        lines.append(f"served as {probe.served_model}")
    return lines


def _origin(model: ModelView) -> str:
    names = {Origin.FILE: "models.yaml", Origin.DATABASE: "database", Origin.BUILTIN: "built in"}
    return names[model.origin]


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
