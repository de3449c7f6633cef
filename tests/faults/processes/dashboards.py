"""Live clients that follow runs as a dashboard does, across disconnects; the invariants compare what they show."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from assay.client.errors import ClientError
from assay.client.live import follow
from assay.contracts.live import Degraded, FactFrame, ServerFrame, Snapshot


class ShownRun:
    """One run as a client shows it: a snapshot with the facts applied."""

    def __init__(self) -> None:
        self.sequence = 0
        self.status = ""
        self.progress: dict[str, Any] = {}
        self.attempts: dict[str, tuple[str, str | None]] = {}
        self.gaps = 0

    def snapshot(self, frame: Snapshot) -> None:
        data = msgspec.json.decode(frame.data)
        self.sequence, self.status, self.progress = frame.cursor, data["run"]["status"], data["run"]["progress"]
        self.attempts = {a["attempt_id"]: (a["state"], a.get("outcome")) for a in data["attempts"]}

    def fact(self, frame: FactFrame) -> None:
        event = msgspec.json.decode(frame.event)
        self.gaps += event["sequence"] != self.sequence + 1
        self.sequence, data = event["sequence"], event["data"]
        if "run" in data:
            self.status, self.progress = data["run"]["status"], data["run"]["progress"]
        if "attempt" in data:
            attempt = data["attempt"]
            self.attempts[attempt["attempt_id"]] = (attempt["state"], attempt.get("outcome"))
            self.progress = data["progress"]


class Dashboards:
    """Clients in one thread, each following one run."""

    def __init__(self, url: str, run_ids: Sequence[str], token: str = "") -> None:
        self._url, self._token = url, token
        self.shown = {run_id: ShownRun() for run_id in run_ids}
        self.degraded: list[tuple[float, bool, str]] = []
        """Every ``degraded`` frame: its time (monotonic), whether trouble began, and the reason."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._main: asyncio.Task[None] | None = None

    def __enter__(self) -> Dashboards:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._main is not None:
            self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main = self._loop.create_task(self._all())
        try:
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for run_id, shown in self.shown.items():
                group.create_task(self._follow(run_id, shown))

    def _show(self, shown: ShownRun, frame: ServerFrame) -> None:
        if isinstance(frame, Snapshot):
            shown.snapshot(frame)
        elif isinstance(frame, FactFrame):
            shown.fact(frame)
        elif isinstance(frame, Degraded):
            self.degraded.append((time.monotonic(), frame.degraded, frame.reason))

    async def _follow(self, run_id: str, shown: ShownRun) -> None:
        while True:
            try:
                async with aclosing(follow(self._url, f"run:{run_id}", token=self._token)) as frames:
                    async for frame in frames:
                        self._show(shown, frame)
            except ClientError:
                await asyncio.sleep(0.5)
