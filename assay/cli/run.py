"""``assay run``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, cast

import msgspec
import typer

from assay.cli import limiting
from assay.cli.errors import FINE, INTERRUPTED, BadUsage, CommandFailed
from assay.cli.following import exit_code, follow_run
from assay.cli.lazy import COMMANDS
from assay.cli.options import PRIORITY, Concurrency, CostLimit, Json, Server, Strict, TimeLimit
from assay.cli.output import print_json, print_line, say
from assay.cli.previewing import preview
from assay.cli.quantities import limits, prices
from assay.cli.responses import read_responses, replay_name
from assay.cli.server import connected
from assay.cli.showing import display
from assay.cli.spending import quote_line
from assay.cli.tables import run_lines
from assay.cli.terminal import until_signalled
from assay.contracts.models import Parameters
from assay.contracts.runs import RunLimits, RunRequest
from assay.contracts.sandboxes import SandboxChoice

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)

Suite = Annotated[str, typer.Option("--suite", help="A suite's tasks, with its defaults.")]
Tasks = Annotated[list[str], typer.Option("--task", help="A task by its id; may be repeated.")]
Categories = Annotated[list[str], typer.Option("--category", help="Every task of a category; may be repeated.")]
Models = Annotated[list[str], typer.Option("--model", help="For example local/smollm2-135m; may be repeated.")]
Repeats = Annotated[int, typer.Option("--repeats", min=0, max=1000, help="Attempts per sample; 0: the suite's own.")]
Samples = Annotated[int, typer.Option("--samples", min=0, help="Only so many first samples of each task; 0: all.")]
Temperature = Annotated[float | None, typer.Option("--temperature", min=0, max=2)]
Seed = Annotated[int | None, typer.Option("--seed")]
Name = Annotated[str, typer.Option("--name", help="What the run is called in lists.")]
Priority = Annotated[int, typer.Option("--priority", min=1, max=9, help=PRIORITY)]
Partial = Annotated[bool, typer.Option("--partial", help="Run it even if not all of it fits the limits.")]
Reuse = Annotated[bool, typer.Option("--reuse", help="Take over results of the same attempts from earlier runs.")]
Sandbox = Annotated[str, typer.Option("--sandbox", help="bubblewrap, docker or process; without: by need.")]
Prices = Annotated[
    list[str],
    typer.Option("--price", metavar="MODEL=IN/OUT", help="For this run, $ per million tokens; may be repeated."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the prompts and the quote; ask no model, store no run.")]
ResponseFile = Annotated[
    Path | None,
    typer.Option("--response-file", metavar="FILE", help="Judge these responses: YAML or JSON lines, by task, sample."),
]
ResponseText = Annotated[str, typer.Option("--response-text", metavar="TEXT", help="Judge this one response.")]
IncludeTests = Annotated[
    bool, typer.Option("--include-tests", help="Show the models the hidden tests; counts on no leaderboard.")
]
InstallDeps = Annotated[
    bool, typer.Option("--install-deps", help="Make images with what tasks' requirements.txt list; needs Docker.")
]
Detach = Annotated[bool, typer.Option("--detach", help="Submit it and return; the run goes on.")]


@app.command(help=COMMANDS["run"])
def run(
    model: Models = [],  # noqa: B006  (typer copies it)
    suite: Suite = "",
    task: Tasks = [],  # noqa: B006
    category: Categories = [],  # noqa: B006
    repeats: Repeats = 0,
    samples: Samples = 0,
    temperature: Temperature = None,
    max_tokens: limiting.MaxTokens = None,
    tokens: limiting.Tokens = None,
    wall_time: limiting.WallTime = "",
    tool_calls: limiting.ToolCalls = None,
    turns: limiting.Turns = None,
    cost: limiting.Cost = "",
    seed: Seed = None,
    name: Name = "",
    limit: CostLimit = "",
    time_limit: TimeLimit = "",
    concurrency: Concurrency = None,
    priority: Priority = 5,
    partial: Partial = False,
    reuse: Reuse = False,
    price: Prices = [],  # noqa: B006
    sandbox: Sandbox = "",
    include_tests: IncludeTests = False,
    install_deps: InstallDeps = False,
    response_file: ResponseFile = None,
    response_text: ResponseText = "",
    dry_run: DryRun = False,
    strict: Strict = False,
    detach: Detach = False,
    server: Server = "",
    json: Json = False,
) -> None:
    responses = read_responses(response_file, response_text)
    model = model if responses is None else [*model, replay_name(response_file)]
    _must_name(model, suite or task or category)
    request = RunRequest(
        models=tuple(model),
        suite=suite or None,
        tasks=tuple(task),
        categories=tuple(category),
        repeats=repeats,
        samples=samples,
        parameters=Parameters(temperature=temperature, seed=seed),
        name=name,
        limits=RunLimits(**limits(limit, time_limit, concurrency)),
        priority=priority,
        partial=partial,
        reuse=reuse,
        prices=prices(price),
        attempt_limits=limiting.attempt_limits(max_tokens, tokens, wall_time, tool_calls, turns, cost),
        sandbox=cast("SandboxChoice", sandbox),
        include_tests=include_tests,
        install_deps=install_deps,
        responses=responses,
    )
    if not dry_run:
        raise typer.Exit(until_signalled(_run(_checked(request), server, strict, detach, json), INTERRUPTED))
    asyncio.run(preview(_checked(request), server, json))


def _must_name(models: list[str], what: object) -> None:
    if not models:
        raise BadUsage("name a model with --model; `assay models list` shows them")
    if not what:
        raise BadUsage("name what to run with --suite, --task or --category; `assay suites list` shows suites")


async def _run(request: RunRequest, server: str, strict: bool, detach: bool, json: bool) -> int:
    async with connected(server) as client:
        quote = await client.quote(request)
        if quote.refusal:
            raise CommandFailed(f"{quote_line(quote)}\n  {quote.refusal}")
        say(quote_line(quote))
        run = await client.submit(request)
        say(f"run {run.run_id}: {run.progress.total} attempts, live at {client.base_url}/runs/{run.run_id}")
        if not detach:
            with display() as shown:
                run = await follow_run(client, run.run_id, shown)
    if json:
        print_json(run)
    elif detach:
        print_line(run.run_id)
    else:
        for line in run_lines(run):
            print_line(line)
    return FINE if detach else exit_code(run, strict)


def _checked(request: RunRequest) -> RunRequest:
    """Values outside what a request allows are told before anything is sent."""
    try:
        return msgspec.convert(msgspec.to_builtins(request), RunRequest)
    except msgspec.ValidationError as error:
        raise BadUsage(str(error)) from error
