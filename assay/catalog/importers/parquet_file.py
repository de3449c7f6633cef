"""Parquet files, by pyarrow (the extra ``importers``)."""

from __future__ import annotations

import importlib
import io
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import ImportPlan
from assay.catalog.importers.question_options import QuestionOptions
from assay.catalog.importers.question_set import question_set
from assay.catalog.importers.source_file import read_content, stem
from assay.catalog.importers.table import Row, Table

MAX_ROWS = 5_000_000


def read(source: Path, options: QuestionOptions) -> ImportPlan:
    """Raises ImportFailed."""
    return question_set(read_table(source), stem(source), options, "parquet")


def read_table(source: Path) -> Table:
    content = read_content(source)
    parquet = _parquet()
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        if file.metadata.num_rows > MAX_ROWS:
            raise ImportFailed(f"{source}: has {file.metadata.num_rows} rows, more than {MAX_ROWS}; split it")
        found = cast("list[dict[str, Any]]", file.read().to_pylist())
        names = tuple(str(name) for name in file.schema_arrow.names)
    except (OSError, ValueError, TypeError, ArithmeticError, NotImplementedError) as error:
        # pyarrow's own errors derive from these
        reason = str(error).partition("\n")[0][:200]
        raise ImportFailed(f"{source}: is not a Parquet file that can be read: {reason}") from error
    if not found:
        raise ImportFailed(f"{source}: has no rows")
    rows = tuple(Row(number, f"row {number}", plain(values)) for number, values in enumerate(found, 1))
    return Table(file=str(source), columns=names, rows=rows)


def _parquet() -> Any:
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ImportFailed(
            "Parquet files need pyarrow, which is not installed: pip install 'assay[importers]'"
        ) from error


def plain(value: Any) -> Any:
    """As JSON has it: dates as ISO 8601, decimals as numbers, bytes as missing values."""
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return None if isinstance(value, bytes) else value
