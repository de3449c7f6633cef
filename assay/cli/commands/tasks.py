"""``assay tasks``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from assay.catalog import Catalog, CatalogError, InvalidCatalog, load_task
from assay.cli.display.mistakes import mistake_line, print_broken
from assay.cli.display.output import print_json, print_line
from assay.cli.display.table import Table, print_table
from assay.cli.errors import FAILED, OK, BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import count_text
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.catalog import CatalogMistake, CatalogPart
from assay.contracts.codec import Data, Malformed, decode
from assay.contracts.tasks import TaskView
from assay.contracts.verdicts import Verdict
from assay.embedded.environment import catalog_folder, with_dotenv

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["tasks"])
Full = Annotated[
    bool, typer.Option("--full", help="Also grade the reference solution, the no-op and the cheats, in sandboxes.")
]


class Grading(Data, frozen=True, kw_only=True):
    """The verdict on the task's reference solution, no-op or a cheat; ``wanted`` is the score it must get."""

    name: str
    sample_id: str
    ok: bool
    wanted: float
    verdict: Verdict


class Validation(Data, frozen=True, kw_only=True):
    """Result for one task, or for the catalogue's other files. ``mistakes`` name file, line and field; only --full
    fills ``trials``."""

    task: str
    ok: bool
    mistakes: tuple[str, ...] = ()
    trials: tuple[Grading, ...] = ()
    error: str = ""
    """Why grading failed."""
    unchecked: str = ""
    """Why a valid task was not graded on this host."""


@app.command("list")
def list_tasks(
    category: Annotated[str, typer.Option("--category", metavar="NAME", help="Only tasks of this category.")] = "",
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Only tasks whose id, title or tags contain this text.")
    ] = "",
    server: Server = "",
    json: Json = False,
) -> None:
    """List tasks."""
    found, mistakes = call(server, lambda client: _tasks_and_mistakes(client, category, search))
    print_broken(mistakes, (CatalogPart.TASK,), "task")
    if json:
        print_json(found)
        return
    columns = ("task", "category", "difficulty", "language", "samples", "title")
    table = Table(*columns, numbers=("samples",), prose=("title",))
    for task in found:
        table.add(task.task_id, task.category, task.difficulty, task.language, task.samples, task.title)
    print_table(table)


async def _tasks_and_mistakes(
    client: AssayClient, category: str, search: str
) -> tuple[list[TaskView], list[CatalogMistake]]:
    return await client.tasks(category=category, search=search), await client.catalog_mistakes()


@app.command("show", hidden=True)
@app.command("describe")
def describe_task(
    task: Annotated[str, typer.Argument(metavar="TASK", help="A task id.")], server: Server = "", json: Json = False
) -> None:
    """Show a task's instructions, limits and checks."""
    found = call(server, lambda client: client.task(task))
    if json:
        print_json(found)
        return
    print_line((found.title, "bold"), f" ({found.task_id})")
    samples = count_text(found.samples, "sample")
    print_line(f"{found.category}, {found.difficulty}, solver {found.solver}, {samples}; digest {found.digest}")
    if found.impossible:
        print_line(f"impossible: {found.impossible}")
    limits = found.limits
    print_line(f"checks: {', '.join(found.checks)}; at most {limits.wall_seconds:g} s and {limits.max_tokens} tokens")
    print_line(found.instructions)


@app.command("validate")
def validate_tasks(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="A task's id or folder. Default: the whole catalogue.")
    ] = "",
    full: Full = False,
    json: Json = False,
) -> None:
    """Check task files on this machine, without a server. Mistakes name file, line and field."""
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
    """Each result with the task's folder, or None for the catalogue's other files."""
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
    names = [task] if task else catalog.task_names()
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
    broken = catalog.broken()
    mistakes = tuple(mistake_line(mistake) for mistake in broken if mistake.part is not CatalogPart.TASK)
    return Validation(task="suites, models, prices, stored responses", ok=not mistakes, mistakes=mistakes)


def _grade(folder: Path | None, state: Validation) -> Validation:
    """Runs the judge's own validation in a subprocess, because ``assay`` must not import services."""
    if folder is None:
        return state
    command = [sys.executable, "-m", "services.judge.validate", str(folder), "--json"]
    judged = subprocess.run(command, capture_output=True, check=False)
    try:
        return decode(Validation, judged.stdout)
    except Malformed:
        error = f"the judge ended with exit code {judged.returncode}: {judged.stderr.decode(errors='replace')[-2000:]}"
        return Validation(task=state.task, ok=False, error=error)


def _mark(state: Validation) -> tuple[str, str]:
    if state.unchecked:
        return "?    ", "yellow"
    return ("ok   ", "green") if state.ok else ("fail ", "bold red")


def _details(state: Validation) -> list[str]:
    wrong = [
        f"{grading.name} of sample {grading.sample_id} scores {grading.verdict.score:g}, but must score "
        f"{grading.wanted:g}: {grading.verdict.reason or grading.verdict.outcome}"
        for grading in state.trials
        if not grading.ok
    ]
    right = len(state.trials) - len(wrong)
    graded = [f"{right} of {len(state.trials)} gradings have the required score"] if state.trials else []
    unchecked = [f"valid, but not graded on this machine: {state.unchecked}"] if state.unchecked else []
    return [*state.mistakes, *unchecked, *([state.error] if state.error else []), *graded, *wrong]
