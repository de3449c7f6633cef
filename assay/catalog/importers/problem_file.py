"""JSON Lines of problems, each of which becomes a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.jsonl_file import read_table
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut, TaskOptions, subset, subset_note
from assay.catalog.importers.python_code import NotUsable
from assay.catalog.importers.table import Row

MakeTask = Callable[[Row, TaskOptions], ImportedTask]


def read_problems(
    source: Path, options: TaskOptions, *, title: str, fields: Sequence[str], make: MakeTask
) -> ImportPlan:
    """``fields`` are those that the format has, by which other files are told apart. Raises ImportFailed."""
    table = read_table(source)
    if missing := [name for name in fields if name not in table.columns]:
        found = ", ".join(table.columns)
        raise ImportFailed(
            f"{source}: is not in the format of {title}: no problem has the field {missing[0]!r}. The fields are: "
            f"{found}. To import questions, use `assay import jsonl`"
        )
    tasks: list[ImportedTask] = []
    left_out: list[LeftOut] = []
    for row in table.rows:
        try:
            tasks.append(replace(make(row, options), source=_place(row)))
        except NotUsable as reason:
            left_out.append(LeftOut(what=_place(row), why=str(reason)))
    if not tasks:
        raise ImportFailed(f"{source}: no problem can be used: {left_out[0].what}: {left_out[0].why}")
    return ImportPlan(
        title=title,
        tasks=tuple(subset(tasks, options.limit, options.seed)),
        left_out=(*table.left_out, *left_out),
        notes=subset_note(len(tasks), options, "problems"),
    )


def text_field(values: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """With ``\\n`` as the only line end. Raises NotUsable if it is no text."""
    found = values.get(name, default)
    if not isinstance(found, str):
        raise NotUsable(f"has no text in the field {name!r}")
    text = found.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotUsable(f"has half of a surrogate pair in the field {name!r}") from error
    return text


def list_field(values: Mapping[str, Any], name: str) -> list[str]:
    """Empty if there is no such field. Raises NotUsable if it is no list of texts."""
    found = values.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise NotUsable(f"has no list of texts in the field {name!r}")
    return [text_field({name: item}, name) for item in found]


def _place(row: Row) -> str:
    name = row.values.get("task_id")
    return f"{row.place} ({name})" if isinstance(name, str | int) else row.place
