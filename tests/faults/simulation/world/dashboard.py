"""A dashboard: follows one run over a gateway's live feed and applies its frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from msgspec.structs import replace

from assay.contracts.attempts import AttemptView, State
from assay.contracts.codec import decode, encode
from assay.contracts.facts import Event, RunCancelled, RunCancelling, RunFact
from assay.contracts.live import ErrorFrame, FactFrame, RunSnapshot, Snapshot, Subscribe, TailFrame
from assay.contracts.runs import RunView
from assay.contracts.verdicts import Outcome
from services.gateway.live.client.connection import Connection
from tests.faults.simulation.world.services import LIVE_SETTINGS, Gateway

_Frame = Snapshot | FactFrame | ErrorFrame | TailFrame


class Dashboard:
    """``errors`` are gaps in the sequence of facts."""

    def __init__(self, run_id: str) -> None:
        self.topic = f"run:{run_id}"
        self.run: RunView | None = None
        self.rows: dict[int, AttemptView] = {}
        self.cursor: int | None = None
        self.errors: list[str] = []

    async def watch(self, gateway: Gateway) -> None:
        """Follow the run until the connection breaks; continues from the last fact seen."""
        assert gateway.hub is not None
        connection = Connection(gateway.hub.feeds, LIVE_SETTINGS, self._send, lambda: None)
        gateway.hub.add_connection(connection)
        try:
            await connection.serve(self._messages())
        finally:
            gateway.hub.remove_connection(connection)

    async def _messages(self) -> AsyncIterator[str | None]:
        yield encode(Subscribe(topic=self.topic, cursor=self.cursor)).decode()
        await asyncio.Event().wait()

    async def _send(self, text: str) -> None:
        if '"type":"fact"' not in text and '"type":"snapshot"' not in text:
            return
        frame: _Frame = decode(_Frame, text.encode())
        if isinstance(frame, Snapshot):
            state: RunSnapshot = decode(RunSnapshot, bytes(frame.data))
            self.run, self.cursor = state.run, frame.cursor
            self.rows = {row.ordinal: row for row in state.attempts}
        elif isinstance(frame, FactFrame):
            self._apply(decode(Event, bytes(frame.event)))

    def _apply(self, event: Event) -> None:
        if self.cursor is None or event.sequence != self.cursor + 1:
            self.errors.append(f"{self.topic}: fact {event.sequence} after {self.cursor}")
        self.cursor = event.sequence
        fact = event.data
        if isinstance(fact, RunFact):
            self.run = replace(fact.run, sequence=event.sequence)
            if isinstance(fact, RunCancelling | RunCancelled):
                self._cancel_rest(fact, event)
        else:
            self.rows[fact.attempt.ordinal] = fact.attempt
            if self.run is not None:
                self.run = replace(self.run, progress=fact.progress, sequence=event.sequence)

    def _cancel_rest(self, fact: RunCancelling | RunCancelled, event: Event) -> None:
        """Like the browser (web/src/live/run-store.ts): one fact ends all attempts that end with their run."""
        not_begun = (State.WAITING, State.QUEUED)
        for ordinal, row in self.rows.items():
            ends = row.state is not State.DONE if isinstance(fact, RunCancelled) else row.state in not_begun
            if ends:
                ended = {"state": State.DONE, "outcome": Outcome.CANCELLED, "held_usd": "0"}
                self.rows[ordinal] = replace(row, **ended, reason=fact.run.reason, changed_at=event.time)
