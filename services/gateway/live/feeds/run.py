"""One watched run: its facts in order and whole, to all who follow the run or one of its attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from assay.bus.errors import BusError
from assay.contracts.ids import run_of
from assay.contracts.live import RunSnapshot
from assay.contracts.problems import ProblemError
from services.gateway.live.client.subscription import Owed, Subscription
from services.gateway.live.facts import Heard, frame
from services.gateway.live.feeds.sequencer import Sequencer
from services.gateway.live.feeds.shared_read import Shared
from services.gateway.live.feeds.snapshots import read_run, snapshot
from services.gateway.live.feeds.topic_feed import Watched
from services.gateway.live.ledger_client import Ledger
from services.gateway.live.settings import Pace
from services.gateway.live.topics import key_of

_QUIET_MAX_SECONDS = 60.0
_BARREN_ANSWERS = 3
"""So many in a row without what is missing, and the truth does not have it."""


class RunFeed(Watched):
    def __init__(self, run_id: str, ledger: Ledger, pace: Pace) -> None:
        super().__init__()
        self.run_id = run_id
        self.filled = 0
        self._ledger, self._pace = ledger, pace
        self._sequencer = Sequencer()
        self._read: Shared[RunSnapshot] = Shared(lambda: read_run(ledger, run_id))
        self._filling: asyncio.Task[None] | None = None
        self._look = False
        self._barren = 0
        self._started_at: int | None = None
        self._quiet_since = 0.0
        self._quiet_seconds = pace.quiet_seconds

    def close(self) -> None:
        if self._filling is not None:
            self._filling.cancel()

    # --- what is heard

    def hear(self, heard: Heard) -> None:
        self._quiet_since, self._quiet_seconds = 0.0, self._pace.quiet_seconds
        self._give(self._sequencer.take(heard))
        if self._sequencer.gap:
            self._start_filling()

    def recheck(self) -> None:
        """Something may have been lost: ask the ledger for what follows."""
        self._look = True
        if self._sequencer.last is not None:
            self._start_filling()

    def tick(self, now: float) -> None:
        """A lost last fact is followed by none that shows the gap, so a long silence is looked into."""
        self._quiet_since = self._quiet_since or now
        if now - self._quiet_since >= self._quiet_seconds:
            self._quiet_since = now
            self._quiet_seconds = min(2 * self._quiet_seconds, _QUIET_MAX_SECONDS)
            self.recheck()

    def _give(self, facts: Sequence[Heard]) -> None:
        for heard in facts:
            for topic in (f"run:{self.run_id}", f"attempt:{heard.subject}"):
                if watchers := self._watchers.of(topic):
                    owed = Owed(self.run_id, heard.sequence, frame(topic, heard))
                    for subscription in watchers:
                        subscription.offer(owed)

    # --- what was lost

    def _start_filling(self) -> None:
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        """A fact that only overtook another is given the time to let it pass."""
        if not self._look:
            await asyncio.sleep(self._pace.reorder_seconds)
        while self._look or self._sequencer.gap:
            self._look = False
            try:
                await self._read_on()
            except BusError:
                self._look = True
                await asyncio.sleep(self._pace.retry_seconds)
            except ProblemError as error:
                structlog.get_logger().warning("live.gap_unfilled", run_id=self.run_id, problem=error.problem.code)
                self._give(self._sequencer.skip())

    async def _read_on(self) -> None:
        while True:
            facts, last = await self._ledger.facts(self.run_id, self._sequencer.last or 0)
            for heard in facts:
                ready = self._sequencer.take(heard)
                self.filled += len(ready)
                self._give(ready)
            if not facts or facts[-1].sequence >= last:
                break
        if not self._sequencer.gap or facts:
            self._barren = 0
        elif last > (self._sequencer.last or 0) or self._barren >= _BARREN_ANSWERS:
            self._give(self._sequencer.skip())
        else:
            # The answer is older than what was heard meanwhile: what is missing was not true yet when it was read.
            self._barren += 1
            self._look = True
            await asyncio.sleep(self._pace.reorder_seconds)

    # --- joining

    async def join(self, subscription: Subscription, cursor: int | None) -> None:
        """``subscription`` is attached already. Raises ProblemError for what does not exist, BusError."""
        given = self._sequencer.last
        missed = await self._missed(cursor) if cursor is not None else None
        if missed is not None and cursor is not None:
            text, floor = None, cursor
        else:
            missed = []
            floor, text = await self._snapshot(subscription.topic)
        missed = await self._bridge(floor, missed, given)
        if self._sequencer.last is None:
            self._started_at = missed[-1].sequence if missed else floor
            self._give(self._sequencer.start(self._started_at))
        topic = subscription.topic
        replay = [Owed(self.run_id, fact.sequence, frame(topic, fact)) for fact in missed if _is_of(topic, fact)]
        subscription.release(text, {self.run_id: floor}, replay)
        if self._sequencer.gap:
            self._start_filling()

    async def _bridge(self, floor: int, missed: list[Heard], given: int | None) -> list[Heard]:
        """``missed``, continued to where this feed began to give: ``given`` when the join began, or where somebody
        else's join has started it since."""
        at = missed[-1].sequence if missed else floor
        while (start := self._started_at if given is None else given) is not None and at < start:
            page, _ = await self._ledger.facts(self.run_id, at)
            if not page:
                break
            missed, at = missed + page, page[-1].sequence
        return missed

    async def _snapshot(self, topic: str) -> tuple[int, str]:
        if topic.startswith("run:"):
            state = await self._read.get()
            return state.run.sequence, snapshot(topic, state.run.sequence, state)
        detail = await self._ledger.attempt(key_of(topic))
        return detail.sequence, snapshot(topic, detail.sequence, detail)

    async def _missed(self, cursor: int) -> list[Heard] | None:
        """All facts after ``cursor``; None when they are too many, or when the run never came as far as that. Every run
        has facts: none at all is no run, of which the snapshot will say so."""
        missed, last = await self._ledger.facts(self.run_id, cursor)
        if last < max(cursor, 1) or last - cursor > self._pace.max_replay:
            return None
        while missed and missed[-1].sequence < last:
            page, _ = await self._ledger.facts(self.run_id, missed[-1].sequence)
            if not page:
                break
            missed = missed + page
        return missed if len(missed) <= self._pace.max_replay else None


def run_id_of(topic: str) -> str:
    """The run that a topic of this feed is about."""
    return run_of(key_of(topic))


def _is_of(topic: str, fact: Heard) -> bool:
    return topic in (f"run:{fact.run_id}", f"attempt:{fact.subject}")
