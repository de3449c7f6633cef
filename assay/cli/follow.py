"""A run from wherever it is to its end, by the live WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from assay.cli.display.progress import Display
from assay.cli.display.run_text import news
from assay.cli.errors import FAILED, FINE, STRICT
from assay.cli.run_state import Tally, all_passed
from assay.client import AssayClient
from assay.contracts.codec import decode
from assay.contracts.facts import Event
from assay.contracts.live import Degraded, FactFrame, RunSnapshot, ServerFrame, Snapshot
from assay.contracts.runs import RunStatus, RunView

Heard = Callable[[Event], None]


async def follow_run(client: AssayClient, run_id: str, shown: Display, heard: Heard = lambda event: None) -> RunView:
    """Returns the run as it ended; ``heard`` gets every fact from now on."""
    tally: Tally | None = None
    async with aclosing(client.follow(f"run:{run_id}")) as frames:
        async for frame in frames:
            tally = _taken(tally, frame, shown, heard)
            if tally is not None:
                shown.show(tally)
                if tally.ended:
                    return tally.run
    return await client.run(run_id)


def _taken(tally: Tally | None, frame: ServerFrame, shown: Display, heard: Heard) -> Tally | None:
    """The tally after the frame; None until the first snapshot."""
    if isinstance(frame, Snapshot):
        return Tally.of(decode(RunSnapshot, bytes(frame.data)))
    if isinstance(frame, FactFrame) and tally is not None:
        event = decode(Event, bytes(frame.event))
        if told := news(event.data, tally.run):
            shown.tell(told)
        tally.hear(event.data)
        heard(event)
    if isinstance(frame, Degraded):
        shown.tell("live updates are held up: " + frame.reason if frame.degraded else "live updates go on")
    return tally


def exit_code(run: RunView, strict: bool) -> int:
    if run.status is not RunStatus.FINISHED:
        return FAILED
    return FINE if all_passed(run) or not strict else STRICT
