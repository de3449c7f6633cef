"""Datasets of the Hugging Face hub, by name, with the library ``datasets`` (the extra ``datasets``)."""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from typing import Any

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.parquet_file import plain
from assay.catalog.importers.plan import ImportPlan
from assay.catalog.importers.question_options import QuestionOptions
from assay.catalog.importers.question_set import question_set
from assay.catalog.importers.table import Row, Table

MAX_ROWS = 100_000
_IF_GATED = "if it is gated, accept its terms on its page and set HF_TOKEN to a token of your account, also in .env"


def read(source: Path, options: QuestionOptions) -> ImportPlan:
    """``source`` is OWNER/NAME, or a folder with a dataset. Raises ImportFailed."""
    name = str(source)
    return question_set(read_table(name, options), name.rpartition("/")[2], options, "hub")


def read_table(name: str, options: QuestionOptions) -> Table:
    """With a limit, only so many rows are taken from the downloaded dataset."""
    dataset = _load(name, options)
    total = len(dataset)
    chosen: list[int] | range = range(total)
    notes: tuple[str, ...] = ()
    if options.limit and total > options.limit:
        chosen = sorted(random.Random(options.seed).sample(range(total), options.limit))
        notes = (f"{options.limit} of {total} rows, chosen at random with seed {options.seed}",)
    if len(chosen) > MAX_ROWS:
        raise ImportFailed(f"{name}: has {total} rows, more than {MAX_ROWS}; take some by --limit")
    columns = tuple(str(column) for column in dataset.column_names)
    rows = tuple(
        Row(index + 1, f"row {index + 1}", plain(values))
        for index, values in zip(chosen, dataset.select(chosen), strict=True)
    )
    if not rows:
        raise ImportFailed(f"{name}: the split {options.split!r} has no rows")
    return Table(file=name, columns=columns, rows=rows, notes=notes)


def _load(name: str, options: QuestionOptions) -> Any:
    datasets = _datasets()
    try:
        dataset = datasets.load_dataset(
            name,
            options.config or None,
            split=options.split,
            revision=options.revision or None,
            token=options.token or None,
        )
        return dataset.with_format(None)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        kind = type(error).__name__
        hint = f"; {_IF_GATED}" if kind in ("DatasetNotFoundError", "GatedRepoError") else ""
        raise ImportFailed(f"{name}: cannot be loaded from the hub ({kind}): {reason}{hint}") from error


def _datasets() -> Any:
    try:
        return importlib.import_module("datasets")
    except ImportError as error:
        raise ImportFailed(
            "the hub needs the library datasets, which is not installed: pip install 'assay[datasets]'"
        ) from error
