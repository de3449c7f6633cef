"""Reads, reports and sends what `assay import inspect` and `assay import lm-eval` import."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.report import LeftOutGroup, grouped, shown
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan
from assay.cli.display.output import print_json, print_line
from assay.cli.errors import BadUsage, CommandFailed
from assay.cli.quantities import count_text
from assay.contracts.codec import Data, digest
from assay.contracts.imported_runs import IMPORTED_SUITE, ImportedRun
from assay.contracts.models import ModelName

REQUEST_SECONDS = 600.0
_SUITE = next(each.type for each in msgspec.structs.fields(ImportedRun) if each.name == "suite")
_MAX_NAMED_MODELS = 2


class RunReport(Data, frozen=True, kw_only=True):
    """``run_id`` is empty until the run is stored. ``unchanged``: it was stored before."""

    name: str
    suite: str
    models: tuple[str, ...]
    tasks: tuple[str, ...]
    results: int
    outcomes: dict[str, int]
    run_id: str = ""
    unchanged: bool = False


class ResultsReport(Data, frozen=True, kw_only=True):
    """``next`` is a command. ``imported``: every run is stored."""

    format: str
    source: str
    runs: tuple[RunReport, ...]
    left_out: tuple[LeftOutGroup, ...] = ()
    notes: tuple[str, ...] = ()
    next: str = ""
    imported: bool = False


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Where to send the runs and how to report."""

    server: str
    dry_run: bool
    json: bool


def results_options(given: dict[str, Any]) -> ResultsOptions:
    """Of a command's parameters. Raises BadUsage."""
    suite = given["suite"].removeprefix(IMPORTED_SUITE)
    if not 0 < given["pass_score"] <= 1:
        raise BadUsage(f"--pass-score: {given['pass_score']:g} is not a score; it is above 0 and at most 1")
    if suite and not _is_a(_SUITE, suite):
        raise BadUsage(f"--suite: {suite!r} is no id; use at most 64 of a-z, 0-9, _ and -")
    if given["model"] and not _is_a(ModelName, given["model"]):
        raise BadUsage(f"--model: {given['model']!r} is no name of a model; write it like openai/gpt-4o-mini")
    return ResultsOptions(
        score=given["score"],
        filter=given.get("filter_", ""),
        scale=_scale(given["scale"]),
        pass_score=given["pass_score"],
        model=given["model"],
        suite=suite,
        name=given["name"],
    )


def import_results(read: Callable[[], ResultsPlan], tag: str, source: Path, sending: Sending) -> None:
    """Raises CommandFailed."""
    try:
        plan = read()
    except ImportFailed as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{error.filename or source}: {error.strerror or error}") from error
    found = report(plan, tag, source)
    if not sending.json:
        for line in report_lines(found):
            print_line(line)
    if not sending.dry_run:
        found = _send_all(plan.runs, found, sending)
    elif not sending.json:
        print_line(f"dry run, nothing was imported; next: {found.next}")
    if sending.json:
        print_json(found)


def report(plan: ResultsPlan, tag: str, source: Path) -> ResultsReport:
    return ResultsReport(
        format=tag,
        source=shown(str(source)),
        runs=tuple(map(_run_report, plan.runs)),
        left_out=grouped(plan.left_out),
        notes=tuple(map(shown, plan.notes)),
        next=_next(plan.runs),
    )


def report_lines(found: ResultsReport) -> Iterator[str]:
    models = list(dict.fromkeys(model for run in found.runs for model in run.models))
    more = f" and {len(models) - _MAX_NAMED_MODELS} more" if len(models) > _MAX_NAMED_MODELS else ""
    tasks = len({(run.suite, task) for run in found.runs for task in run.tasks})
    outcomes = Counter[str]()
    for run in found.runs:
        outcomes.update(run.outcomes)
    yield (
        f"{found.format} from {found.source}: {count_text(len(found.runs), 'run')}, {count_text(tasks, 'task')}, "
        f"{count_text(sum(run.results for run in found.runs), 'result')} of "
        f"{(', ' if more else ' and ').join(models[:_MAX_NAMED_MODELS])}{more}: "
        f"{', '.join(f'{count} {outcome}' for outcome, count in outcomes.most_common())}"
    )
    for note in found.notes:
        yield f"  note: {note}"
    for group in found.left_out:
        more = ", ..." if group.count > len(group.examples) else ""
        yield f"  left out, {group.count}: {group.why} ({', '.join(group.examples)}{more})"


def _send_all(runs: Sequence[ImportedRun], found: ResultsReport, sending: Sending) -> ResultsReport:
    """One run after the other. If one cannot be stored, those before it stay; the same command continues there."""
    stored = list(found.runs)
    try:
        asyncio.run(_send(runs, stored, sending, found.next))
    except CommandFailed:
        if sending.json:
            print_json(msgspec.structs.replace(found, runs=tuple(stored)))
        raise
    return msgspec.structs.replace(found, runs=tuple(stored), imported=True)


async def _send(runs: Sequence[ImportedRun], stored: list[RunReport], sending: Sending, next_: str) -> None:
    """Updates ``stored``."""
    from assay.cli.server import connected  # the client takes 60 ms to import

    started = datetime.now(UTC)
    async with connected(sending.server, REQUEST_SECONDS) as client:
        for index, run in enumerate(runs):
            view = await client.import_run(run, f"import-{digest(run)}")
            unchanged = view.created_at < started
            stored[index] = msgspec.structs.replace(stored[index], run_id=view.run_id, unchanged=unchanged)
            if not sending.json:
                ending = f"; next: {next_}" if index + 1 == len(runs) else ""
                print_line(f"{_done_text(stored[index])}{ending}")


def _done_text(run: RunReport) -> str:
    done = f"run {run.run_id} ({count_text(run.results, 'result')})"
    return f"unchanged: {done}" if run.unchanged else f"imported {done}"


def _run_report(run: ImportedRun) -> RunReport:
    return RunReport(
        name=run.name,
        suite=f"{IMPORTED_SUITE}{run.suite}",
        models=tuple(model.name for model in run.models),
        tasks=tuple(task.task_id for task in run.tasks),
        results=len(run.results),
        outcomes=dict(Counter(result.outcome.value for result in run.results).most_common()),
    )


def _next(runs: Sequence[ImportedRun]) -> str:
    """The leaderboard of the only suite. There is none of several."""
    suites = {run.suite for run in runs}
    return f"assay leaderboard --suite {IMPORTED_SUITE}{suites.pop()}" if len(suites) == 1 else "assay runs list"


def _scale(found: str) -> tuple[float, float] | None:
    if not found:
        return None
    try:
        low, high = (float(part) for part in found.split(","))
    except ValueError:
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise BadUsage(f"--scale: {found!r} is not a scale; write its lowest and highest value like 1,10")
    return low, high


def _is_a(kind: Any, found: str) -> bool:
    try:
        msgspec.convert(found, type=kind)
    except msgspec.ValidationError:
        return False
    return True
