"""A run's progress on stderr while it is followed: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from assay.cli.display.output import money, say, stderr
from assay.cli.display.run_text import bound
from assay.cli.run_state import Count, Tally
from assay.cli.safe_text import clean

_LINE_SECONDS = 2.0


class Display(Protocol):
    """Shows how a run stands, and tells what is worth a line of its own."""

    def show(self, tally: Tally) -> None: ...
    def tell(self, text: str) -> None: ...


@contextmanager
def display(quiet: bool = False) -> Generator[Display]:
    """Bars, lines, or nothing at all."""
    if quiet:
        yield Silence()
    elif sys.stderr.isatty():
        with Bars() as bars:
            yield bars
    else:
        yield Lines()


class Silence:
    """Nothing of how it stands; notices all the same."""

    def show(self, tally: Tally) -> None:
        return

    def tell(self, text: str) -> None:
        say(text)


class Lines:
    """At the start, at the end, and between them every two seconds at most."""

    def __init__(self) -> None:
        self._next = 0.0

    def show(self, tally: Tally) -> None:
        if time.monotonic() < self._next and not tally.ended:
            return
        self._next = time.monotonic() + _LINE_SECONDS
        progress = tally.progress
        counts = "; ".join(f"{count.model} {summary(count)}" for count in tally.counts())
        say(f"{tally.run.run_id} {tally.run.status}: {progress.done}/{progress.total} done, {counts}{standing(tally)}")

    def tell(self, text: str) -> None:
        say(text)


class Bars:
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

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, tally: Tally) -> None:
        for count in tally.counts():
            if count.model not in self._bars:
                self._bars[count.model] = self._progress.add_task(count.model, total=count.total, summary="")
            self._progress.update(self._bars[count.model], completed=count.done, summary=summary(count))
        line = standing(tally).removeprefix("; ")
        if line and self._line is None:
            self._line = self._progress.add_task("", total=tally.progress.total, summary="")
        if self._line is not None:
            self._progress.update(self._line, completed=tally.progress.done, summary=line)

    def tell(self, text: str) -> None:
        self._progress.console.print(Text(clean(text)))


def summary(count: Count) -> str:
    """``3 passed, 1 failed, 2 active, $0.25``."""
    parts = [f"{count.passed} passed", f"{count.failed} failed"]
    if count.errors:
        parts.append(f"{count.errors} errors")
    if count.active:
        parts.append(f"{count.active} active")
    return ", ".join([*parts, money(count.cost_usd)])


def standing(tally: Tally) -> str:
    """Money against the limit, and why attempts wait: ``; $0.2 of $1, $0.1 held; waits: budget``. Nothing for a run
    that costs nothing and goes on."""
    progress, run = tally.progress, tally.run
    held = f", {money(progress.held_usd)} held" if progress.held_usd != "0" else ""
    spends = progress.cost_usd != "0" or held
    spent = f"; {money(progress.cost_usd)} of {bound(run.limits.cost_usd)}{held}" if spends else ""
    waits = f"; waits: {run.waits.reason}" if run.waits and not tally.ended else ""
    return spent + waits
