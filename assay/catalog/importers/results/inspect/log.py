"""Logs of Inspect (inspect-ai): archives (``.eval``), JSON, and folders with such logs. Each log becomes a run."""

from __future__ import annotations

from pathlib import Path

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.results.inspect.files import is_log, read_log
from assay.catalog.importers.results.inspect.run import imported
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan, joined


def read(source: Path, options: ResultsOptions) -> ResultsPlan:
    """Raises ImportFailed."""
    if not source.is_dir():
        return imported(source, read_log(source), options)
    logs = sorted(path for path in source.rglob("*") if is_log(path) and path.is_file())
    if not logs:
        raise ImportFailed(f"{source}: has no file that ends in .eval or .json")
    plans: list[ResultsPlan] = []
    failures: list[ImportFailed] = []
    left_out: list[LeftOut] = []
    for path in logs:
        try:
            plan = imported(path, read_log(path), options)
        except ImportFailed as error:
            failures.append(error)
            left_out.append(LeftOut(what=_place(source, path), why=str(error).removeprefix(f"{path}: ")))
        else:
            plans.append(plan)
            left_out += [LeftOut(what=f"{_place(source, path)}: {each.what}", why=each.why) for each in plan.left_out]
    return joined(f"{source}: none of {len(failures)} files", plans, failures, left_out)


def _place(source: Path, path: Path) -> str:
    return path.relative_to(source).as_posix()
