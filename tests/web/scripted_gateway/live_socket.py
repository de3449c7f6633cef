"""The live socket ``/api/v1/live``: snapshots, facts, resuming from a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from assay.contracts.attempts import AttemptView
from assay.contracts.codec import Data, Malformed, decode, encode
from assay.contracts.facts import Event
from assay.contracts.live import (
    ClientFrame,
    Degraded,
    ErrorFrame,
    FactFrame,
    Ping,
    Pong,
    RunsSnapshot,
    Snapshot,
    Subscribe,
    TailFrame,
)
from assay.contracts.problems import ProblemError
from assay.contracts.runs import RunView
from assay.contracts.tail import TailLine
from tests.web.scripted_gateway import views
from tests.web.scripted_gateway.fake_money import FakeMoney
from tests.web.scripted_gateway.scripted_runs import ScriptedRun, ScriptedRuns


class _RunSnapshot(Data, frozen=True, kw_only=True):
    run: RunView
    attempts: tuple[AttemptView, ...]


@dataclass(eq=False)
class Client:
    """One browser. ``outbox`` holds frames to send; None closes the connection."""

    runs: ScriptedRuns
    outbox: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue[bytes | None])
    topics: set[str] = field(default_factory=set[str])
    skip_facts: int = 0

    def receive(self, text: str) -> None:
        try:
            frame = decode(ClientFrame, text.encode())
        except Malformed:
            return
        if isinstance(frame, Ping):
            self.send(Pong())
        elif isinstance(frame, Subscribe):
            self._subscribe(frame)
        else:
            self.topics.discard(frame.topic)

    def _subscribe(self, frame: Subscribe) -> None:
        kind, _, name = frame.topic.partition(":")
        try:
            if kind == "run" and frame.cursor is not None:
                for event in views.find_run(self.runs, name).facts[frame.cursor :]:
                    self._fact(frame.topic, event)
            else:
                self._snapshot(frame.topic, kind, name)
            self.topics.add(frame.topic)
        except ProblemError as error:
            self.send(ErrorFrame(problem=error.problem, topic=frame.topic))

    def _snapshot(self, topic: str, kind: str, name: str) -> None:
        cursor, data = 0, None
        if kind == "runs":
            runs = views.newest_runs(self.runs)
            data = RunsSnapshot(runs=tuple(runs[:50]), total=len(runs))
        elif kind == "run":
            scripted = views.find_run(self.runs, name)
            cursor, data = scripted.run.sequence, _RunSnapshot(run=scripted.run, attempts=tuple(scripted.attempts))
        elif kind == "attempt":
            data = views.detail(self.runs, name)
            cursor = data.sequence
        else:
            data = views.board(self.runs, name, "")
        self.send(Snapshot(topic=topic, cursor=cursor, data=msgspec.Raw(encode(data))))

    def publish(self, scripted: ScriptedRun, event: Event) -> None:
        if self.skip_facts:
            self.skip_facts -= 1
            return
        for topic in self.topics & {"runs", f"run:{scripted.run.run_id}", f"attempt:{event.subject}"}:
            self._fact(topic, event)
        if event.type == "attempt.finished":
            for topic in self.topics & {"leaderboard", f"leaderboard:{scripted.run.suite}"}:
                self._snapshot(topic, "leaderboard", scripted.run.suite if ":" in topic else "")

    def _fact(self, topic: str, event: Event) -> None:
        self.send(FactFrame(topic=topic, cursor=event.sequence, event=msgspec.Raw(encode(event))))

    def send(self, frame: Any) -> None:
        self.outbox.put_nowait(encode(frame))


class LiveHub:
    """All clients. Connections are refused while ``open`` is False, or without the ``token`` if one is set."""

    def __init__(self, runs: ScriptedRuns) -> None:
        self.runs = runs
        self.money = FakeMoney(runs)
        self.clients: set[Client] = set()
        self.open = True
        self.token = ""
        runs.listeners.append(self._publish)

    def disconnect(self) -> None:
        """Drop every connection and refuse new ones until ``accept_again``."""
        self.open = False
        for client in self.clients:
            client.outbox.put_nowait(None)

    def accept_again(self) -> None:
        self.open = True

    def drop_facts(self, count: int) -> None:
        for client in self.clients:
            client.skip_facts = count

    def degrade(self, reason: str) -> None:
        for client in self.clients:
            client.send(Degraded(degraded=bool(reason), reason=reason))

    def tail(self, attempt_id: str, *lines: TailLine, dropped: int = 0) -> None:
        topic = f"attempt:{attempt_id}"
        for client in self.clients:
            if topic in client.topics:
                client.send(TailFrame(topic=topic, lines=lines, dropped=dropped))

    def _publish(self, scripted: ScriptedRun, event: Event) -> None:
        for client in self.clients:
            client.publish(scripted, event)

    async def serve(
        self, client: Client, receive: Callable[[], Awaitable[str]], send: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Until either side ends."""
        self.clients.add(client)
        reading = asyncio.create_task(_read(client, receive))
        try:
            while (frame := await client.outbox.get()) is not None:
                await send(frame)
        finally:
            self.clients.discard(client)
            reading.cancel()


async def _read(client: Client, receive: Callable[[], Awaitable[str]]) -> None:
    try:
        while True:
            client.receive(await receive())
    finally:
        client.outbox.put_nowait(None)
