"""Progress of a followed run, on stderr: bars on a terminal, a line every two seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from assay.cli.display.eta import Eta
from assay.cli.display.output import money, print_notice, stderr
from assay.cli.display.run_text import of_limit
from assay.cli.run_state import ModelCounts, RunState
from assay.cli.safe_text import printable
from assay.contracts.verdicts import Outcome


class ProgressDisplay(Protocol):
    def show(self, state: RunState) -> None: ...

    def notice(self, text: str) -> None:
        """Prints a line that stays."""
        ...


@contextmanager
def progress_display(quiet: bool = False) -> Generator[ProgressDisplay]:
    """Bars on a terminal, lines elsewhere; ``quiet`` leaves notices alone."""
    if quiet:
        yield NoProgress()
    elif sys.stderr.isatty():
        with ProgressBars() as bars:
            yield bars
    else:
        yield ProgressLines()


class NoProgress:
    """Only notices."""

    def show(self, state: RunState) -> None:
        return

    def notice(self, text: str) -> None:
        print_notice(text)


class ProgressLines(NoProgress):
    """A line at the start, one at the end, and at most one per ``interval_seconds`` between them; none repeats the one
    before it."""

    def __init__(self, interval_seconds: float = 2.0) -> None:
        self._interval_seconds = interval_seconds
        self._next = 0.0
        self._last = ""
        self._eta = Eta()

    def show(self, state: RunState) -> None:
        left = self._eta.text(state.progress)
        if time.monotonic() < self._next and not state.ended:
            return
        self._next = time.monotonic() + self._interval_seconds
        progress, run = state.progress, state.run
        counts = "; ".join(f"{count.model} {counts_text(count)}" for count in state.counts())
        head = f"{run.run_id} {run.status}: {progress.done}/{progress.total} done"
        line = f"{counts}{money_text(state)}"
        if head + line == self._last:
            return
        self._last = head + line
        print_notice(f"{time.strftime('%H:%M:%S')} {', '.join(filter(None, (head, left, line)))}")


class ProgressBars:
    """A bar per model, with counts and cost."""

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
        self._total: TaskID | None = None
        self._eta = Eta()

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
        line = "; ".join(filter(None, (self._eta.text(state.progress), money_text(state).removeprefix("; "))))
        if line and self._total is None:
            self._total = self._progress.add_task("", total=state.progress.total, summary="")
        if self._total is not None:
            self._progress.update(self._total, completed=state.progress.done, summary=line)

    def notice(self, text: str) -> None:
        self._progress.console.print(Text(printable(text)))


def counts_text(count: ModelCounts) -> str:
    """``3 passed, 1 infra_error, 2 active, $0.25``."""
    other = {outcome: number for outcome, number in sorted(count.outcomes.items()) if outcome is not Outcome.PASSED}
    parts = [f"{number} {outcome}" for outcome, number in other.items()]
    parts += [f"{count.active} active"] if count.active else []
    return ", ".join([f"{count.outcomes.get(Outcome.PASSED, 0)} passed", *parts, money(count.cost_usd)])


def money_text(state: RunState) -> str:
    """Money against the limit, and why attempts are waiting: ``; $0.2 of $1, $0.1 held; waiting: budget``. Empty for a
    run that costs nothing and does not wait."""
    progress, run = state.progress, state.run
    held = f", {money(progress.held_usd)} held" if progress.held_usd != "0" else ""
    spends = progress.cost_usd != "0" or held
    spent = f"; {money(progress.cost_usd)}{of_limit(run.limits.cost_usd)}{held}" if spends else ""
    waits = f"; waiting: {run.waits.reason}" if run.waits and not state.ended else ""
    return spent + waits
