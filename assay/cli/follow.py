"""Follows a run over the live WebSocket until it ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator
from contextlib import aclosing, contextmanager

from assay.cli.display.alerts import FailureNotices, alert_text
from assay.cli.display.output import print_notice
from assay.cli.display.progress import ProgressDisplay
from assay.cli.errors import FAILED, OK, STRICT
from assay.cli.run_state import RunState, all_passed, nothing_graded
from assay.client import AssayClient
from assay.contracts.codec import decode
from assay.contracts.facts import Event
from assay.contracts.live import Degraded, FactFrame, RunSnapshot, ServerFrame, Snapshot
from assay.contracts.runs import RunStatus, RunView

OnEvent = Callable[[Event], None]


async def follow_run(
    client: AssayClient, run_id: str, progress: ProgressDisplay, on_event: OnEvent = lambda event: None
) -> RunView:
    """Returns the run as it ended; ``on_event`` is called with every fact from now on."""
    follower = Follower(progress, on_event)
    async with aclosing(client.follow(f"run:{run_id}")) as frames:
        async for frame in frames:
            if (state := follower.apply(frame)) is not None:
                progress.show(state)
                if state.ended:
                    return state.run
    return await client.run(run_id)


class Follower:
    """Keeps a run's state up to date and prints what deserves a line. ``state`` is None until the first snapshot."""

    def __init__(self, progress: ProgressDisplay, on_event: OnEvent = lambda event: None) -> None:
        self._progress = progress
        self._on_event = on_event
        self._failures = FailureNotices()
        self.state: RunState | None = None

    def apply(self, frame: ServerFrame) -> RunState | None:
        """The state after the frame."""
        if isinstance(frame, Snapshot):
            self.state = RunState.from_snapshot(decode(RunSnapshot, bytes(frame.data)))
            if not self.state.ended:  # otherwise the causes are printed at once
                self._notice(*map(self._failures.of_attempt, self.state.attempts.values()))
        if isinstance(frame, FactFrame) and self.state is not None:
            event = decode(Event, bytes(frame.event))
            self._notice(alert_text(event.data, self.state.run), self._failures.of_fact(event.data))
            self.state.apply(event.data)
            self._on_event(event)
        if isinstance(frame, Degraded):
            self._notice(f"live updates are delayed: {frame.reason}" if frame.degraded else "live updates resumed")
        return self.state

    def _notice(self, *texts: str) -> None:
        for text in filter(None, texts):
            self._progress.notice(text)


@contextmanager
def interruptible(run_id: str, server: str = "", *, ends_with_stack: bool = False) -> Generator[None]:
    """On Ctrl-C, says that the run continues, and how to follow or cancel it. ``ends_with_stack``: the signal also
    stops the stack, and the run continues when it is started again."""
    try:
        yield
    except asyncio.CancelledError:
        print_notice(interrupted_text(run_id, server, ends_with_stack=ends_with_stack))
        raise


def interrupted_text(run_id: str, server: str = "", *, ends_with_stack: bool = False) -> str:
    """``server`` is part of the commands unless they find it by themselves."""
    option = f" --server {server}" if server and server != os.environ.get("ASSAY_URL") else ""
    when = " with the next `assay up` in this folder" if ends_with_stack else ""
    return (
        f"interrupted; run {run_id} continues{when}\n"
        f"  follow it: assay watch {run_id}{option}\n"
        f"  cancel it: assay runs cancel {run_id}{option}"
    )


def exit_code(run: RunView, strict: bool) -> int:
    """Of a run that has ended; the codes are listed in ``assay.cli.errors``."""
    if run.status is not RunStatus.FINISHED or nothing_graded(run) or run.stopped_models:
        return FAILED
    return OK if all_passed(run) or not strict else STRICT
