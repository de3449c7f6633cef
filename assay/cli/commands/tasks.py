"""``assay tasks``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Annotated, Literal

import typer

from assay.catalog import Catalog, CatalogError, InvalidCatalog, load_task
from assay.cli.commands import task_authoring
from assay.cli.display.grading_table import grading_table, problems, summary
from assay.cli.display.mistakes import mistake_line, print_broken
from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.errors import FAILED, OK, BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, OnlyCategory, OnlyDifficulty, OnlyLanguage, OnlySuite, Server
from assay.cli.quantities import count_text
from assay.cli.server import call
from assay.cli.task_grading import Validation, grade_tasks
from assay.client import AssayClient
from assay.contracts.catalog import CatalogMistake, CatalogPart
from assay.contracts.checks import kind_of
from assay.contracts.tasks import TaskView
from assay.embedded.environment import catalog_folder, with_dotenv
from assay.validation.did_you_mean import unknown_name, with_suggestion

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["tasks"])
Full = Annotated[
    bool, typer.Option("--full", help="Also grade the reference solution, the no-op and the cheats, in sandboxes.")
]
All = Annotated[bool, typer.Option("--all", help="The whole catalogue, which is the default without TASK.")]
Sandbox = Annotated[
    Literal["auto", "bubblewrap", "docker", "kubernetes", "process"],
    typer.Option("--sandbox", help="Kind of sandbox to grade in. auto: what each task needs."),
]
Complete = Annotated[
    bool, typer.Option("--strict", help="Also fail if this machine lacks what a task needs to be graded.")
]
OTHER_FILES = "suites, models, prices, stored responses"


@app.command("list")
def list_tasks(
    suite: OnlySuite = "",
    category: OnlyCategory = "",
    difficulty: OnlyDifficulty = "",
    language: OnlyLanguage = "",
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Only tasks whose id, title or tags contain this text.")
    ] = "",
    server: Server = "",
    json: Json = False,
) -> None:
    """List tasks."""
    labels = {"category": category, "difficulty": difficulty, "language": language}

    async def fetch(client: AssayClient) -> tuple[list[TaskView], list[CatalogMistake]]:
        return await client.tasks(suite=suite, **labels, search=search), await client.catalog_mistakes()

    found, mistakes = call(server, fetch)
    print_broken(mistakes, (CatalogPart.TASK,), "task")
    if json:
        print_json(found)
        return
    if not found and any((suite, search, *labels.values())):
        print_notice(f"no task matches the filter{_suggestions(call(server, AssayClient.tasks), labels)}")
        return
    columns = ("task", "category", "difficulty", "language", "samples", "title")
    table = Table(*columns, numbers=("samples",), prose=("title",))
    for task in found:
        table.add(task.task_id, task.category, task.difficulty, task.language, task.samples, task.title)
    print_table(table)


def _suggestions(tasks: Sequence[TaskView], labels: Mapping[str, str]) -> str:
    """What is wrong with the filter's names, if no task has them."""
    known = {label: {str(getattr(task, label)) for task in tasks} - {""} for label in labels}
    unknown = [
        unknown_name(label, name, known[label]) for label, name in labels.items() if name not in ("", *known[label])
    ]
    return "".join(f"; {with_suggestion(*each)}" for each in unknown)


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
    everything: All = False,
    full: Full = False,
    sandbox: Sandbox = "auto",
    strict: Complete = False,
    json: Json = False,
) -> None:
    """Check task files on this machine, without a server. Mistakes name file, line and field.

    Exit codes: 0 if all tasks are valid and, with --full, grade their own files as they must; otherwise 1. Tasks that
    this machine cannot grade count as not checked, and fail only with --strict.
    """
    if task and everything:
        raise BadUsage("give either TASK or --all")
    started = time.monotonic()
    found = _validate(task)
    states = _graded(found, sandbox, quiet=json) if full else [state for _, state in found]
    if json:
        print_json(states)
    else:
        _print(states, time.monotonic() - started if full else None)
    failed = not all(state.ok for state in states) or (strict and any(state.host_lacks for state in states))
    raise typer.Exit(FAILED if failed else OK)


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
        manifest = load_task(folder, shown).manifest
    except InvalidCatalog as error:
        return Validation(task=folder.name, ok=False, mistakes=tuple(map(str, error.mistakes)))
    checks = tuple(map(kind_of, manifest.checks))
    return Validation(task=folder.name, ok=True, language=manifest.language or "", checks=checks)


def _check_other_files(catalog: Catalog) -> Validation:
    """Suites, models, prices and stored responses."""
    broken = catalog.broken()
    mistakes = tuple(mistake_line(mistake) for mistake in broken if mistake.part is not CatalogPart.TASK)
    return Validation(task=OTHER_FILES, ok=not mistakes, mistakes=mistakes)


def _graded(found: Sequence[tuple[Path | None, Validation]], sandbox: str, *, quiet: bool) -> list[Validation]:
    """Valid tasks are graded, with a notice on stderr for each that is done."""
    valid = {folder.resolve(): state for folder, state in found if folder and state.ok}
    numbers = count(1)

    def show(done: Validation) -> None:
        if not quiet and len(valid) > 1:
            state = "wrong" if not done.ok else "not graded" if done.unchecked and not done.decided else "ok"
            print_notice(f"{next(numbers)} of {len(valid)}: {done.task} {state}, {done.seconds:.1f} s")

    graded = grade_tasks(valid, sandbox, show) if valid else {}
    return [graded.get(folder.resolve(), state) if folder else state for folder, state in found]


def _print(states: Sequence[Validation], seconds: float | None) -> None:
    """``seconds`` is how long grading took; None without grading."""
    tasks = [state for state in states if state.task != OTHER_FILES]
    if seconds is not None and tasks:
        print_table(grading_table(tasks))
    for state in states:
        lines = list(problems(state))
        if seconds is None or lines:
            print_line(_mark(state), state.task)
        for line in lines:
            print_line(f"     {line}")
    if seconds is not None and tasks:
        print_line(summary(tasks, seconds))


def _mark(state: Validation) -> tuple[str, str]:
    if state.ok and state.unchecked:
        return "?    ", "yellow"
    return ("ok   ", "green") if state.ok else ("fail ", "bold red")


app.add_typer(task_authoring.app)
