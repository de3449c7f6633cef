"""``assay tasks new`` and ``assay tasks schema``."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from assay.catalog.formats import FORMATS, Name
from assay.catalog.tasks.schema import schema_text, write_schema
from assay.catalog.templates import TEMPLATES, new_task
from assay.cli.display.output import print_json, print_line
from assay.cli.errors import BadUsage
from assay.cli.options import Json
from assay.contracts.codec import Data
from assay.contracts.tasks import Difficulty, TaskId
from assay.embedded.environment import catalog_folder, with_dotenv
from assay.files import Files
from assay.validation.did_you_mean import unknown_name, with_suggestion
from assay.validation.formats import pattern

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Template = Annotated[
    str,
    typer.Option("--template", metavar="NAME", help=f"What kind of task to begin with: {', '.join(TEMPLATES)}."),
]
Into = Annotated[str, typer.Option("--into", metavar="FOLDER", help="The catalogue. Default: the one in use.")]


class NewTask(Data, frozen=True, kw_only=True):
    """``files`` are paths in ``folder``."""

    task_id: str
    folder: str
    files: tuple[str, ...]


@app.command("new")
def create_task(
    task: Annotated[str, typer.Argument(metavar="TASK", help="The id: lower-case letters, digits and _.")],
    template: Template = "python",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Default: made from the id.")] = "",
    category: Annotated[str, typer.Option("--category", metavar="NAME", help="What the task is about.")] = "coding",
    difficulty: Annotated[Difficulty, typer.Option("--difficulty", help="How hard it is.")] = Difficulty.EASY,
    into: Into = "",
    json: Json = False,
) -> None:
    """Create a task's folder: a small task that works, to be changed into yours.

    It has instructions, a reference solution, hidden tests and cheats; `assay tasks validate TASK --full` grades them.
    """
    for name, kind in ((task, TaskId), (category, Name)):
        if not re.fullmatch(pattern(kind), name):
            raise BadUsage(f"{name!r} does not fit: {FORMATS[pattern(kind)]}")
    if template not in TEMPLATES:
        raise BadUsage(with_suggestion(*unknown_name("template", template, TEMPLATES)))
    catalog = Path(into) if into else catalog_folder(with_dotenv())
    title = title or task.replace("_", " ").capitalize()
    files = new_task(template, task, title, category, difficulty.value)
    folder = catalog / "tasks" / task
    _write(catalog, folder, files)
    made = NewTask(task_id=task, folder=str(folder), files=tuple(sorted(files)))
    if json:
        print_json(made)
        return
    for path in made.files:
        print_line(f"{folder}/{path}")
    print_line(f"next: change these files, then run `assay tasks validate {task} --full`; docs/tasks.md explains them")


@app.command("schema")
def print_schema(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file instead of stdout.")
    ] = "",
    json: Json = False,
) -> None:
    """Print the JSON Schema of task.yaml, with which editors complete and check it.

    It is JSON with and without --json. `assay tasks new` puts it into the catalogue.
    """
    if not output:
        typer.echo(schema_text(), nl=False)
        return
    try:
        Path(output).write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"cannot write {output}: {error.strerror or error}") from error


def _write(catalog: Path, folder: Path, files: Files) -> None:
    """All or nothing. Raises BadUsage if the folder exists or cannot be written."""
    if folder.exists() or folder.is_symlink():
        raise BadUsage(f"{folder} exists already; choose another id, or remove it first")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_schema(catalog)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as made:
            for path, content in files.items():
                target = Path(made, "task", path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            shutil.move(Path(made, "task"), folder)
    except OSError as error:
        raise BadUsage(f"cannot create {folder}: {error.strerror or error}") from error
