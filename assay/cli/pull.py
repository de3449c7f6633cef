"""Follows a model's download by its provider until it ends."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from assay.cli.display.output import print_notice, stderr
from assay.cli.safe_text import printable
from assay.client import AssayClient
from assay.contracts.rpc import PullProgress

POLL_SECONDS = 1.0
LINE_SECONDS = 10.0
"""Between lines of the same step."""


class PullDisplay(Protocol):
    def show(self, pull: PullProgress) -> None: ...


async def follow_pull(client: AssayClient, model: str, display: PullDisplay) -> PullProgress:
    """Starts the download unless it is running; returns its result."""
    pull = await client.pull_model(model, restart=True)
    try:
        while not pull.done:
            display.show(pull)
            await asyncio.sleep(POLL_SECONDS)
            pull = await client.pull_model(model)
    except asyncio.CancelledError:
        print_notice(f"the download of {model} continues; `assay models pull {model}` shows its progress again")
        raise
    display.show(pull)
    return pull


@contextmanager
def pull_display(quiet: bool = False) -> Generator[PullDisplay]:
    """A bar on a terminal, lines elsewhere."""
    if quiet:
        yield _NoDisplay()
    elif sys.stderr.isatty():
        with _bar() as progress:
            yield _PullBar(progress)
    else:
        yield PullLines()


class _NoDisplay:
    def show(self, pull: PullProgress) -> None:
        return


class PullLines:
    """A line for each step, and every few seconds of one."""

    def __init__(self) -> None:
        self._step, self._next = "", 0.0

    def show(self, pull: PullProgress) -> None:
        if pull.status == self._step and time.monotonic() < self._next:
            return
        self._step, self._next = pull.status, time.monotonic() + LINE_SECONDS
        print_notice(f"{pull.model}: {pull.status}{_amount(pull)}")


class _PullBar:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("", total=None)

    def show(self, pull: PullProgress) -> None:
        self._progress.update(
            self._bar,
            description=printable(f"{pull.model}: {pull.status}", keep=""),
            completed=pull.completed_bytes,
            total=pull.total_bytes or None,
        )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=stderr(),
    )


def _amount(pull: PullProgress) -> str:
    if not pull.total_bytes:
        return ""
    share = 100 * pull.completed_bytes // pull.total_bytes
    return f", {pull.completed_bytes / 1e6:,.0f} of {pull.total_bytes / 1e6:,.0f} MB ({share} %)"
