"""Reads GLUE, from a folder or from the hub: each set that is there becomes a task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.glue.hub import read_set
from assay.catalog.importers.glue.sets import SETS, GlueSet
from assay.catalog.importers.glue.task import glue_task
from assay.catalog.importers.parquet_file import read_table as read_parquet
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut, TaskOptions, subset, subset_note
from assay.catalog.importers.source_file import read_text
from assay.catalog.importers.table import Row, Table, text_of

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_NO_SET = "none of its files is here; get it, or leave it out"
_NO_LABEL = "has no label; the test sets of GLUE are published without"


def read(source: Path, options: TaskOptions) -> ImportPlan:
    """``source`` contains the sets' folders, is the folder of one, or is the name of a dataset on the hub. Raises
    ImportFailed."""
    on_hub = not source.exists() and _HUB_NAME.fullmatch(str(source)) is not None
    if not on_hub and not source.is_dir():
        raise ImportFailed(
            f"{source}: is not a folder; give the one that contains CoLA, SST-2 and the others, or the name of a "
            "dataset on the hub, such as nyu-mll/glue"
        )
    tasks: list[ImportedTask] = []
    left_out: list[LeftOut] = []
    notes: list[str] = []
    for glue in SETS:
        table = read_set(str(source), glue) if on_hub else _table(source, glue)
        if table is None:
            left_out.append(LeftOut(what=glue.name, why=_NO_SET))
            continue
        rows, unusable = _samples(glue, table)
        left_out += [*table.left_out, *unusable]
        if rows:
            notes += [f"{glue.name}: {note}" for note in subset_note(len(rows), options, "sentences")]
            tasks.append(glue_task(glue, subset(rows, options.limit, options.seed), table.file, options))
    if len(tasks) == 0 and len(left_out) == len(SETS) and all(each.why == _NO_SET for each in left_out):
        raise ImportFailed(f"{source}: has no set of GLUE; expected folders such as CoLA with dev.tsv")
    return ImportPlan(title="GLUE", tasks=tuple(tasks), left_out=tuple(left_out), notes=tuple(notes))


def _table(source: Path, glue: GlueSet) -> Table | None:
    """The set's file with labels; None if there is none."""
    folders = [source / name for name in glue.folders]
    if source.name in glue.folders:
        folders.append(source)
    for folder in folders:
        for name in glue.files:
            if (path := folder / f"{name}.tsv").is_file():
                return _read_tsv(path, glue)
            for path in sorted(folder.glob(f"{name}-*.parquet")) + sorted(folder.glob(f"{name}.parquet")):
                return read_parquet(path)
    return None


def _read_tsv(path: Path, glue: GlueSet) -> Table:
    """GLUE's files have no quotes: every tab separates two columns."""
    lines = [line.removesuffix("\r") for line in read_text(path).split("\n")]
    columns = glue.columns or tuple(lines[0].split("\t"))
    first = 1 if glue.columns else 2
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    for number, line in enumerate(lines[first - 1 :], first):
        cells, place = line.split("\t"), f"{path.parent.name}/{path.name}:{number}"
        if len(cells) == len(columns):
            rows.append(Row(number - first + 1, place, dict(zip(columns, cells, strict=True))))
        elif line.strip():
            left_out.append(LeftOut(what=place, why=f"does not have {len(columns)} columns"))
    return Table(file=str(path), columns=columns, rows=tuple(rows), left_out=tuple(left_out))


def _samples(glue: GlueSet, table: Table) -> tuple[list[dict[str, Any]], list[LeftOut]]:
    """Raises ImportFailed if the table lacks a column."""
    label_column = _column(table, glue.label_columns)
    parts = [(name, _column(table, columns)) for name, columns in glue.parts]
    identifier = next((name for name in glue.id_columns if name in table.columns), "")
    samples: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    used: set[str] = set()
    for row in table.rows:
        label = glue.label(text_of(row.values.get(label_column)).strip())
        texts = [(name, text_of(row.values.get(column)).strip()) for name, column in parts]
        if label is None:
            left_out.append(LeftOut(what=row.place, why=_NO_LABEL))
        elif not all(text for _, text in texts):
            left_out.append(LeftOut(what=row.place, why="has an empty sentence"))
        elif (number := _number(glue, label)) is None:
            left_out.append(LeftOut(what=row.place, why="its score is not a number"))
        else:
            sample_id = _unique(text_of(row.values.get(identifier)) if identifier else "", row, used)
            samples.append({"sample_id": sample_id, "input": "\n".join(_lines(texts)), "expected": number})
    return samples, left_out


def _lines(texts: list[tuple[str, str]]) -> Iterator[str]:
    for name, text in texts:
        yield f"{name}: {text}"


def _number(glue: GlueSet, label: str) -> str | float | None:
    if glue.labels:
        return label
    try:
        score = float(label)
    except ValueError:
        return None
    return score if 0 <= score <= 5 else None


def _unique(text: str, row: Row, used: set[str]) -> str:
    """The row's own id, unless it is missing, unusual or taken."""
    name = text if text.isdigit() and text not in used else f"row{row.number}"
    used.add(name)
    return name


def _column(table: Table, names: tuple[str, ...]) -> str:
    found = next((name for name in names if name in table.columns), "")
    if not found:
        listed = ", ".join(table.columns)
        raise ImportFailed(f"{table.file}: has no column {' or '.join(names)}. The columns are: {listed}")
    return found
