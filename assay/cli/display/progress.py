"""A run's progress on stderr while it is followed: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from assay.cli.display.output import money, print_notice, stderr
from assay.cli.display.run_text import limit_text
from assay.cli.run_state import Count, RunState
from assay.cli.safe_text import printable

_LINE_SECONDS = 2.0


class ProgressDisplay(Protocol):
    """Shows how a run stands, and tells what is worth a line of its own."""

    def show(self, state: RunState) -> None: ...
    def notice(self, text: str) -> None: ...


@contextmanager
def progress_display(quiet: bool = False) -> Generator[ProgressDisplay]:
    """Bars, lines, or nothing at all."""
    if quiet:
        yield NoProgress()
    elif sys.stderr.isatty():
        with ProgressBars() as bars:
            yield bars
    else:
        yield ProgressLines()


class NoProgress:
    """Nothing of how it stands; notices all the same."""

    def show(self, state: RunState) -> None:
        return

    def notice(self, text: str) -> None:
        print_notice(text)


class ProgressLines:
    """At the start, at the end, and between them every two seconds at most."""

    def __init__(self) -> None:
        self._next = 0.0

    def show(self, state: RunState) -> None:
        if time.monotonic() < self._next and not state.ended:
            return
        self._next = time.monotonic() + _LINE_SECONDS
        progress = state.progress
        counts = "; ".join(f"{count.model} {counts_text(count)}" for count in state.counts())
        print_notice(
            f"{state.run.run_id} {state.run.status}: {progress.done}/{progress.total} done, {counts}{money_text(state)}"
        )

    def notice(self, text: str) -> None:
        print_notice(text)


class ProgressBars:
    """One per model, with counts and cost."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[summary]}", markup=False),
            TimeElapsedColumn(),
            console=stderr(),
        )
        self._bars: dict[str, TaskID] = {}
        self._line: TaskID | None = None

    def __enter__(self) -> ProgressBars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, state: RunState) -> None:
        for count in state.counts():
            if count.model not in self._bars:
                self._bars[count.model] = self._progress.add_task(count.model, total=count.total, summary="")
            self._progress.update(self._bars[count.model], completed=count.done, summary=counts_text(count))
        line = money_text(state).removeprefix("; ")
        if line and self._line is None:
            self._line = self._progress.add_task("", total=state.progress.total, summary="")
        if self._line is not None:
            self._progress.update(self._line, completed=state.progress.done, summary=line)

    def notice(self, text: str) -> None:
        self._progress.console.print(Text(printable(text)))


def counts_text(count: Count) -> str:
    """``3 passed, 1 failed, 2 active, $0.25``."""
    parts = [f"{count.passed} passed", f"{count.failed} failed"]
    if count.errors:
        parts.append(f"{count.errors} errors")
    if count.active:
        parts.append(f"{count.active} active")
    return ", ".join([*parts, money(count.cost_usd)])


def money_text(state: RunState) -> str:
    """Money against the limit, and why attempts wait: ``; $0.2 of $1, $0.1 held; waits: budget``. Nothing for a run
    that costs nothing and goes on."""
    progress, run = state.progress, state.run
    held = f", {money(progress.held_usd)} held" if progress.held_usd != "0" else ""
    spends = progress.cost_usd != "0" or held
    spent = f"; {money(progress.cost_usd)} of {limit_text(run.limits.cost_usd)}{held}" if spends else ""
    waits = f"; waits: {run.waits.reason}" if run.waits and not state.ended else ""
    return spent + waits
