"""``assay tasks``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from assay.catalog import Catalog, CatalogError, InvalidCatalog, load_task
from assay.cli.display.output import add_row, print_json, print_line, stdout, table
from assay.cli.errors import FAILED, OK, BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.server import connected
from assay.contracts.codec import Data, Malformed, decode
from assay.contracts.tasks import TaskView
from assay.contracts.verdicts import Verdict
from assay.embedded.environment import catalog_folder, with_dotenv

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["tasks"])
Full = Annotated[bool, typer.Option("--full", help="Also grade its reference, no-op and cheats, in sandboxes.")]


class Grading(Data, frozen=True, kw_only=True):
    """What the judge made of the task's reference, no-op or a cheat; ``ok`` when it scored as it must."""

    name: str
    sample_id: str
    ok: bool
    wanted: float
    verdict: Verdict


class Validation(Data, frozen=True, kw_only=True):
    """One task, or the catalogue's other files. ``mistakes`` name file, line and field; ``trials`` come with --full."""

    task: str
    ok: bool
    mistakes: tuple[str, ...] = ()
    trials: tuple[Grading, ...] = ()
    error: str = ""
    """Why there are no trials."""
    unchecked: str = ""
    """Why nothing was graded on this host, though the task is valid."""


@app.command("list")
def list_tasks(
    category: Annotated[str, typer.Option("--category")] = "",
    search: Annotated[str, typer.Option("--search", help="In ids, titles and tags.")] = "",
    server: Server = "",
    json: Json = False,
) -> None:
    """List tasks."""

    async def fetch() -> Sequence[TaskView]:
        async with connected(server) as client:
            return await client.tasks(category=category, search=search)

    found = asyncio.run(fetch())
    if json:
        print_json(found)
        return
    made = table("task", "category", "difficulty", "language", "samples", "title", numbers=("samples",))
    for task in found:
        add_row(made, task.task_id, task.category, task.difficulty, task.language, task.samples, task.title)
    stdout().print(made)


@app.command("describe")
def describe_task(task: Annotated[str, typer.Argument()], server: Server = "", json: Json = False) -> None:
    """Show what a task asks, and how it is graded."""

    async def fetch() -> TaskView:
        async with connected(server) as client:
            return await client.task(task)

    found = asyncio.run(fetch())
    if json:
        print_json(found)
        return
    print_line((found.title, "bold"), f" ({found.task_id})")
    print_line(f"{found.category}, {found.difficulty}, {found.solver}, {found.samples} samples; digest {found.digest}")
    limits = found.limits
    print_line(f"checks: {', '.join(found.checks)}; {limits.wall_seconds:g} s and {limits.max_tokens} tokens at most")
    print_line(found.instructions)


@app.command("validate")
def validate_tasks(
    task: Annotated[str, typer.Argument(help="A task's id or folder; without, the whole catalogue.")] = "",
    full: Full = False,
    json: Json = False,
) -> None:
    """Check tasks where they lie; no server is needed. Mistakes name file, line and field."""
    found = [_grade(folder, state) if full and state.ok else state for folder, state in _validate(task)]
    if json:
        print_json(found)
    else:
        for state in found:
            print_line(_mark(state), state.task)
            for line in _details(state):
                print_line(f"     {line}")
    raise typer.Exit(OK if all(state.ok for state in found) else FAILED)


def _validate(task: str) -> list[tuple[Path | None, Validation]]:
    """Each with the task's folder, None for the catalogue's other files."""
    if (Path(task) / "task.yaml").is_file() and task:
        folder = Path(task)
        return [(folder, _check_task(folder, task))]
    root = catalog_folder(with_dotenv())
    try:
        catalog = Catalog.open(root)
        if task:
            _must_exist(catalog, task)
    except CatalogError as error:
        raise BadUsage(error.problem.detail or str(error)) from error
    names = [task] if task else sorted(path.name for path in (root / "tasks").glob("[!.]*/"))
    folders = [root / "tasks" / name for name in names]
    checked: list[tuple[Path | None, Validation]] = [
        (folder, _check_task(folder, f"{root.name}/tasks/{folder.name}")) for folder in folders
    ]
    return checked if task else [*checked, (None, _check_other_files(catalog))]


def _must_exist(catalog: Catalog, task: str) -> None:
    try:
        catalog.find_task(task)
    except InvalidCatalog:
        return


def _check_task(folder: Path, shown: str) -> Validation:
    try:
        load_task(folder, shown)
    except InvalidCatalog as error:
        return Validation(task=folder.name, ok=False, mistakes=tuple(map(str, error.mistakes)))
    return Validation(task=folder.name, ok=True)


def _check_other_files(catalog: Catalog) -> Validation:
    """Suites, models, prices and stored responses."""
    mistakes = tuple(str(mistake) for mistake in catalog.mistakes() if "/tasks/" not in mistake.file)
    return Validation(task="suites, models, prices, scripts", ok=not mistakes, mistakes=mistakes)


def _grade(folder: Path | None, state: Validation) -> Validation:
    """By the judge itself, in a process of its own: this command knows no service."""
    if folder is None:
        return state
    command = [sys.executable, "-m", "services.judge.validate", str(folder), "--json"]
    judged = subprocess.run(command, capture_output=True, check=False)
    try:
        return decode(Validation, judged.stdout)
    except Malformed:
        error = f"the judge ended with {judged.returncode}: {judged.stderr.decode(errors='replace')[-2000:]}"
        return Validation(task=state.task, ok=False, error=error)


def _mark(state: Validation) -> tuple[str, str]:
    if state.unchecked:
        return "?    ", "yellow"
    return ("ok   ", "green") if state.ok else ("fail ", "bold red")


def _details(state: Validation) -> list[str]:
    wrong = [
        f"{trial.name} of sample {trial.sample_id} scores {trial.verdict.score:g} and must score {trial.wanted:g}: "
        f"{trial.verdict.reason or trial.verdict.outcome}"
        for trial in state.trials
        if not trial.ok
    ]
    right = len(state.trials) - len(wrong)
    graded = [f"{right} of {len(state.trials)} gradings came out as they must"] if state.trials else []
    unchecked = [f"valid, but not checked here: {state.unchecked}"] if state.unchecked else []
    return [*state.mistakes, *unchecked, *([state.error] if state.error else []), *graded, *wrong]
