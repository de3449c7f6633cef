"""Follows a run over the live WebSocket until it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from assay.cli.display.alerts import alert_text
from assay.cli.display.progress import ProgressDisplay
from assay.cli.errors import FAILED, OK, STRICT
from assay.cli.run_state import RunState, all_passed
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
    state: RunState | None = None
    async with aclosing(client.follow(f"run:{run_id}")) as frames:
        async for frame in frames:
            state = _apply(state, frame, progress, on_event)
            if state is not None:
                progress.show(state)
                if state.ended:
                    return state.run
    return await client.run(run_id)


def _apply(state: RunState | None, frame: ServerFrame, progress: ProgressDisplay, on_event: OnEvent) -> RunState | None:
    """The state after the frame; None until the first snapshot."""
    if isinstance(frame, Snapshot):
        return RunState.from_snapshot(decode(RunSnapshot, bytes(frame.data)))
    if isinstance(frame, FactFrame) and state is not None:
        event = decode(Event, bytes(frame.event))
        if text := alert_text(event.data, state.run):
            progress.notice(text)
        state.apply(event.data)
        on_event(event)
    if isinstance(frame, Degraded):
        progress.notice("live updates are delayed: " + frame.reason if frame.degraded else "live updates resumed")
    return state


def exit_code(run: RunView, strict: bool) -> int:
    if run.status is not RunStatus.FINISHED:
        return FAILED
    return OK if all_passed(run) or not strict else STRICT
