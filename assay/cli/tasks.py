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
from assay.cli.errors import FAILED, FINE, BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.output import print_json, print_line, row, stdout, table
from assay.cli.server import connected
from assay.contracts.codec import Data
from assay.contracts.tasks import TaskView
from assay.embedded.environment import catalog_folder, with_dotenv

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["tasks"])
Full = Annotated[bool, typer.Option("--full", help="Also grade its reference, no-op and cheats, in sandboxes.")]


class Validation(Data, frozen=True, kw_only=True):
    """One task, or the catalogue's other files. ``mistakes`` name file, line and field."""

    task: str
    ok: bool
    mistakes: tuple[str, ...] = ()


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
        row(made, task.task_id, task.category, task.difficulty, task.language, task.samples, task.title)
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
    found = [_graded(folder, state) if full and state.ok else state for folder, state in _validated(task)]
    if json:
        print_json(found)
    else:
        for state in found:
            print_line(("ok   ", "green") if state.ok else ("fail ", "bold red"), state.task)
            for mistake in state.mistakes:
                print_line(f"     {mistake}")
    raise typer.Exit(FINE if all(state.ok for state in found) else FAILED)


def _validated(task: str) -> list[tuple[Path | None, Validation]]:
    """Each with the task's folder, None for the catalogue's other files."""
    if (Path(task) / "task.yaml").is_file() and task:
        folder = Path(task)
        return [(folder, _checked(folder))]
    root = catalog_folder(with_dotenv())
    try:
        catalog = Catalog.open(root)
        folders = [root / "tasks" / task] if task else sorted(path.parent for path in root.glob("tasks/*/task.yaml"))
        if task:
            _must_exist(catalog, task)
    except CatalogError as error:
        raise BadUsage(error.problem.detail or str(error)) from error
    checked: list[tuple[Path | None, Validation]] = [(folder, _checked(folder)) for folder in folders]
    return checked if task else [*checked, (None, _rest(catalog))]


def _must_exist(catalog: Catalog, task: str) -> None:
    try:
        catalog.find_task(task)
    except InvalidCatalog:
        return


def _checked(folder: Path) -> Validation:
    try:
        load_task(folder, str(folder))
    except InvalidCatalog as error:
        return Validation(task=folder.name, ok=False, mistakes=tuple(map(str, error.mistakes)))
    return Validation(task=folder.name, ok=True)


def _rest(catalog: Catalog) -> Validation:
    """Suites, models, prices and stored responses."""
    mistakes = tuple(str(mistake) for mistake in catalog.mistakes() if "/tasks/" not in mistake.file)
    return Validation(task="suites, models, prices, scripts", ok=not mistakes, mistakes=mistakes)


def _graded(folder: Path | None, state: Validation) -> Validation:
    """By the judge itself, in a process of its own: this command knows no service."""
    if folder is None:
        return state
    command = [sys.executable, "-m", "services.judge.validate", str(folder)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    said = tuple(line for line in (judged.stdout + judged.stderr).splitlines() if line.strip())
    return Validation(task=state.task, ok=judged.returncode == 0, mistakes=() if judged.returncode == 0 else said)
