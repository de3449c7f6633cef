"""``assay run``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from assay.cli import limit_options
from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.progress import progress_display
from assay.cli.display.run_text import problem_lines, quote_line
from assay.cli.errors import INTERRUPTED, OK, BadUsage, CommandFailed
from assay.cli.follow import exit_code, follow_run, interruptible
from assay.cli.lazy import COMMANDS
from assay.cli.options import PRIORITY_HELP, Concurrency, CostLimit, Json, Server, Strict, TimeLimit
from assay.cli.parameters import Param, read_parameters
from assay.cli.preview import preview
from assay.cli.quantities import count_text, run_limits, token_prices
from assay.cli.responses import read_responses, replay_name
from assay.cli.run_report import print_ended_run
from assay.cli.server import connected
from assay.cli.signals import run_until_signal
from assay.client import AssayClient
from assay.contracts.replay import replayed_run
from assay.contracts.runs import RunLimits, RunRequest, RunView

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)

Suite = Annotated[
    str,
    typer.Option(
        "--suite", metavar="ID", help="Run a suite's tasks, with its defaults; --task and --category add more."
    ),
]
Tasks = Annotated[list[str], typer.Option("--task", metavar="ID", help="Run this task; repeatable.")]
Categories = Annotated[
    list[str], typer.Option("--category", metavar="NAME", help="Run every task of this category; repeatable.")
]
Models = Annotated[
    list[str], typer.Option("--model", metavar="NAME", help="Model, for example local/smollm2-135m; repeatable.")
]
Judges = Annotated[
    list[str], typer.Option("--judge", metavar="NAME", help="Model that grades tasks with a rubric; repeatable.")
]
Repeats = Annotated[
    int,
    typer.Option("--repeats", metavar="N", min=0, max=1000, help="Attempts per sample and model (0 = suite default)."),
]
Samples = Annotated[
    int, typer.Option("--samples", metavar="N", min=0, help="Use the first N samples of each task (0 = all).")
]
Temperature = Annotated[
    float | None, typer.Option("--temperature", metavar="T", min=0, max=2, help="Default: the model's own.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Default: the model's own.")]
Name = Annotated[str, typer.Option("--name", metavar="TEXT", help="Name of the run in lists.")]
Priority = Annotated[int, typer.Option("--priority", metavar="N", min=1, max=9, help=PRIORITY_HELP)]
Partial = Annotated[bool, typer.Option("--partial", help="Start even if not all attempts fit the limits.")]
Force = Annotated[
    bool, typer.Option("--force", help="Start even if a model cannot be called, for example for lack of a key.")
]
Reuse = Annotated[bool, typer.Option("--reuse", help="Reuse results of identical attempts from earlier runs.")]
Sandbox = Annotated[
    Literal["auto", "bubblewrap", "docker", "kubernetes", "process"] | None,
    typer.Option("--sandbox", help="Default: what each task needs. `process` isolates nothing."),
]
Prices = Annotated[
    list[str],
    typer.Option("--price", metavar="MODEL=IN/OUT", help="Price for this run, $ per million tokens; repeatable."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the prompts and the quote; call no model and store no run.")
]
ResponseFile = Annotated[
    Path | None,
    typer.Option("--response-file", metavar="FILE", help="Grade these responses (YAML or JSON lines) as a model."),
]
ResponseText = Annotated[str, typer.Option("--response-text", metavar="TEXT", help="Grade this response as a model.")]
IncludeTests = Annotated[
    bool, typer.Option("--include-tests", help="Show models the hidden tests; excluded from the leaderboard.")
]
InstallDeps = Annotated[
    bool, typer.Option("--install-deps", help="Install tasks' requirements.txt in their sandboxes; needs Docker.")
]
SkipUnsuitable = Annotated[
    bool,
    typer.Option(
        "--skip-unsuitable",
        help="Leave out tasks that a model cannot do, for lack of vision or tools, or without a judge.",
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Submit the run, print its id and return.")]
_OPTIONS = {
    "models": "--model",
    "judges": "--judge",
    "suite": "--suite",
    "tasks": "--task",
    "categories": "--category",
    "name": "--name",
    "limits.seconds": "--time-limit",
    "attempt_limits.wall_seconds": "--wall-time",
    "attempt_limits.cost_usd": "--cost",
    "limits.cost_usd": "--limit",
}
"""Options by field of the request."""


@app.command(help=COMMANDS["run"])
def run(
    model: Models = [],  # noqa: B006  (typer copies it)
    suite: Suite = "",
    task: Tasks = [],  # noqa: B006
    category: Categories = [],  # noqa: B006
    judge: Judges = [],  # noqa: B006
    repeats: Repeats = 0,
    samples: Samples = 0,
    temperature: Temperature = None,
    param: Param = [],  # noqa: B006
    max_tokens: limit_options.MaxTokens = None,
    tokens: limit_options.Tokens = None,
    wall_time: limit_options.WallTime = "",
    tool_calls: limit_options.ToolCalls = None,
    turns: limit_options.Turns = None,
    cost: limit_options.Cost = "",
    seed: Seed = None,
    name: Name = "",
    limit: CostLimit = "",
    time_limit: TimeLimit = "",
    concurrency: Concurrency = None,
    priority: Priority = 5,
    partial: Partial = False,
    force: Force = False,
    reuse: Reuse = False,
    price: Prices = [],  # noqa: B006
    sandbox: Sandbox = None,
    include_tests: IncludeTests = False,
    install_deps: InstallDeps = False,
    skip_unsuitable: SkipUnsuitable = False,
    response_file: ResponseFile = None,
    response_text: ResponseText = "",
    dry_run: DryRun = False,
    strict: Strict = False,
    detach: Detach = False,
    server: Server = "",
    json: Json = False,
) -> None:
    responses = read_responses(response_file, response_text)
    request = RunRequest(
        models=_selected([*model, *([replay_name(response_file)] if responses else [])], suite or task or category),
        **_selection(suite, task, category, judge, skip_unsuitable=skip_unsuitable),
        repeats=repeats,
        samples=samples,
        parameters=read_parameters(param, temperature=temperature, seed=seed),
        name=name,
        limits=RunLimits(**run_limits(limit, time_limit, concurrency)),
        priority=priority,
        partial=partial,
        reuse=reuse,
        prices=token_prices(price),
        attempt_limits=limit_options.attempt_limits(max_tokens, tokens, wall_time, tool_calls, turns, cost),
        sandbox=sandbox or "",
        include_tests=include_tests,
        install_deps=install_deps,
        responses=responses,
    )
    if not dry_run:
        raise typer.Exit(run_until_signal(_run(_validated(request), server, strict, detach, json, force), INTERRUPTED))
    preview(_validated(request), server, json)


def _selection(
    suite: str, tasks: list[str], categories: list[str], judges: list[str], *, skip_unsuitable: bool
) -> dict[str, Any]:
    """What the run names besides its models, as fields of the request."""
    return {
        "suite": suite or None,
        "tasks": tuple(tasks),
        "categories": tuple(categories),
        "judges": tuple(judges),
        "skip_unsuitable": skip_unsuitable,
    }


def _selected(models: list[str], tasks: object) -> tuple[str, ...]:
    """The models. Raises BadUsage without any, or without tasks, which a replayed run has."""
    if not models:
        raise BadUsage("choose a model with --model; `assay models list` shows them")
    if not tasks and not any(map(replayed_run, models)):
        raise BadUsage("choose tasks with --suite, --task or --category; `assay suites list` shows suites")
    return tuple(models)


async def _run(request: RunRequest, server: str, strict: bool, detach: bool, json: bool, force: bool) -> int:
    async with connected(server) as client:
        run = await _submit(client, request, force)
        if not detach:
            with interruptible(run.run_id, server), progress_display() as shown:
                run = await follow_run(client, run.run_id, shown)
            await print_ended_run(client, run, json)
            return exit_code(run, strict)
    if json:
        print_json(run)
    else:
        print_line(run.run_id)
    return OK


def _united(request: RunRequest) -> str:
    """``suite demo, plus task add_two``; empty where the tasks have one source."""
    sources = [f"suite {request.suite}"] if request.suite else []
    sources += [f"{count_text(len(request.tasks), 'task')} {', '.join(request.tasks)}"] if request.tasks else []
    sources += [f"every task of category {name}" for name in request.categories]
    return ", plus ".join(sources) if len(sources) > 1 else ""


async def _submit(client: AssayClient, request: RunRequest, force: bool) -> RunView:
    """Quotes the run and, unless it would be refused or a model cannot be called, submits it. ``force`` ignores the
    latter."""
    if sources := _united(request):
        print_notice(f"tasks: {sources}")
    quote = await client.quote(request)
    if quote.refusal:
        raise CommandFailed(f"{quote_line(quote)}\n  {quote.refusal}")
    if quote.problems and not force:
        raise CommandFailed("\n".join([*problem_lines(quote), "nothing was started; --force starts the run anyway"]))
    print_notice(quote_line(quote))
    for line in problem_lines(quote):
        print_notice(line)
    for note in quote.notes:
        print_notice(f"note: {note}")
    try:
        run = await client.submit(request)
    except asyncio.CancelledError:
        print_notice("interrupted while the run was submitted; `assay runs list` shows whether it was stored")
        raise
    attempts = count_text(run.progress.total, "attempt")
    print_notice(f"run {run.run_id}: {attempts}, live at {client.base_url}/runs/{run.run_id}")
    return run


def _validated(request: RunRequest) -> RunRequest:
    """Raises BadUsage for values outside the contract, before anything is sent."""
    from assay.validation.did_you_mean import with_suggestion
    from assay.validation.field_errors import value_error

    try:
        return msgspec.convert(msgspec.to_builtins(request), RunRequest)
    except msgspec.ValidationError as error:
        found = value_error(RunRequest, str(error), msgspec.to_builtins(request))
        field = found.where.partition("[")[0]
        option = _OPTIONS.get(field) or f"--{field.rpartition('.')[2].replace('_', '-')}"
        message = found.message.replace(", got", " (seconds), got") if field.endswith("seconds") else found.message
        raise BadUsage(f"{option}: {with_suggestion(message, found.near)}") from error
