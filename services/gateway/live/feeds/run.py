"""One watched run: its facts, complete and in order, for subscribers of the run or of one of its attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from assay.bus.errors import BusError
from assay.contracts.ids import run_of
from assay.contracts.live import RunSnapshot
from assay.contracts.problems import ProblemError
from services.gateway.live.client.subscription import PendingFrame, Subscription
from services.gateway.live.facts import FactEnvelope, fact_frame
from services.gateway.live.feeds.sequencer import Sequencer
from services.gateway.live.feeds.shared_read import SharedRead
from services.gateway.live.feeds.snapshots import read_run_snapshot, snapshot_frame
from services.gateway.live.feeds.topic_feed import TopicFeed
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.metrics import LiveCounters
from services.gateway.live.settings import LiveSettings
from services.gateway.live.topics import topic_key

_log = structlog.get_logger(__name__)
_MAX_IDLE_SECONDS = 60.0
_MAX_EMPTY_ANSWERS = 3
"""After this many answers in a row without the missing fact, the ledger does not have it either."""


class RunFeed(TopicFeed):
    def __init__(self, run_id: str, ledger: LedgerClient, settings: LiveSettings, counters: LiveCounters) -> None:
        super().__init__()
        self.run_id = run_id
        self._ledger, self._settings, self._counters = ledger, settings, counters
        self._sequencer = Sequencer()
        self._read: SharedRead[RunSnapshot] = SharedRead(lambda: read_run_snapshot(ledger, run_id))
        self._backfill_task: asyncio.Task[None] | None = None
        self._recheck_due = False
        self._empty_answers = 0
        self._live_from: int | None = None
        self._idle_since = 0.0
        self._idle_seconds = settings.idle_seconds

    def close(self) -> None:
        if self._backfill_task is not None:
            self._backfill_task.cancel()

    # --- facts from the bus

    def on_fact(self, fact: FactEnvelope) -> None:
        self._idle_since, self._idle_seconds = 0.0, self._settings.idle_seconds
        self._publish(self._sequencer.push(fact))
        if self._sequencer.has_gap:
            self._start_backfill()

    def recheck(self) -> None:
        """Facts may have been lost: ask the ledger for newer ones."""
        self._recheck_due = True
        if self._sequencer.last is not None:
            self._start_backfill()

    def tick(self, now: float) -> None:
        """If the last fact is lost, no later one reveals the gap, so an idle run is checked against the ledger."""
        self._idle_since = self._idle_since or now
        if now - self._idle_since >= self._idle_seconds:
            self._idle_since = now
            self._idle_seconds = min(2 * self._idle_seconds, _MAX_IDLE_SECONDS)
            self.recheck()

    def _publish(self, facts: Sequence[FactEnvelope]) -> None:
        for fact in facts:
            for topic in (f"run:{self.run_id}", f"attempt:{fact.subject}"):
                if subscribers := self._subscribers(topic):
                    frame = PendingFrame(self.run_id, fact.sequence, fact_frame(topic, fact))
                    for subscription in subscribers:
                        subscription.offer(frame)

    # --- facts lost on the bus

    def _start_backfill(self) -> None:
        if self._backfill_task is None or self._backfill_task.done():
            self._backfill_task = asyncio.create_task(self._backfill())

    async def _backfill(self) -> None:
        """Waits a moment first, because most gaps are facts that arrive out of order."""
        if not self._recheck_due:
            await asyncio.sleep(self._settings.reorder_seconds)
        while self._recheck_due or self._sequencer.has_gap:
            self._recheck_due = False
            try:
                await self._read_missing()
            except BusError:
                self._recheck_due = True
                await asyncio.sleep(self._settings.retry_seconds)
            except ProblemError as error:
                _log.warning("live.gap_unfilled", run_id=self.run_id, problem=error.problem.code)
                self._publish(self._sequencer.skip_gap())

    async def _read_missing(self) -> None:
        while True:
            facts, last = await self._ledger.facts(self.run_id, self._sequencer.last or 0)
            for fact in facts:
                ready = self._sequencer.push(fact)
                self._counters.facts_backfilled += len(ready)
                self._publish(ready)
            if not facts or facts[-1].sequence >= last:
                break
        if not self._sequencer.has_gap or facts:
            self._empty_answers = 0
        elif last > (self._sequencer.last or 0) or self._empty_answers >= _MAX_EMPTY_ANSWERS:
            self._publish(self._sequencer.skip_gap())
        else:
            # The answer was read before the buffered facts were stored, so the missing fact may still appear.
            self._empty_answers += 1
            self._recheck_due = True
            await asyncio.sleep(self._settings.reorder_seconds)

    # --- joining

    async def join(self, subscription: Subscription, cursor: int | None) -> None:
        """``subscription`` must be attached already. Raises BusError, or ProblemError if the run or attempt does not
        exist."""
        published = self._sequencer.last
        missed = await self._facts_since(cursor) if cursor is not None else None
        if missed is not None and cursor is not None:
            text, floor = None, cursor
        else:
            missed = []
            floor, text = await self._snapshot(subscription.topic)
        missed = await self._extend_to_live(floor, missed, published)
        if self._sequencer.last is None:
            self._live_from = missed[-1].sequence if missed else floor
            self._publish(self._sequencer.start(self._live_from))
        topic = subscription.topic
        replay = [
            PendingFrame(self.run_id, fact.sequence, fact_frame(topic, fact))
            for fact in missed
            if _is_about(topic, fact)
        ]
        subscription.complete_join(text, {self.run_id: floor}, replay)
        if self._sequencer.has_gap:
            self._start_backfill()

    async def _extend_to_live(
        self, floor: int, missed: list[FactEnvelope], published: int | None
    ) -> list[FactEnvelope]:
        """``missed`` continued up to the facts that this feed publishes itself. That begins at ``published``, read
        before the join, or where a concurrent join has started the feed since."""
        at = missed[-1].sequence if missed else floor
        while (start := self._live_from if published is None else published) is not None and at < start:
            page, _ = await self._ledger.facts(self.run_id, at)
            if not page:
                break
            missed, at = missed + page, page[-1].sequence
        return missed

    async def _snapshot(self, topic: str) -> tuple[int, str]:
        if topic.startswith("run:"):
            state = await self._read.get()
            return state.run.sequence, snapshot_frame(topic, state.run.sequence, state)
        detail = await self._ledger.attempt(topic_key(topic))
        return detail.sequence, snapshot_frame(topic, detail.sequence, detail)

    async def _facts_since(self, cursor: int) -> list[FactEnvelope] | None:
        """All facts after ``cursor``. None if there are too many, if the run never reached the cursor, or if it has no
        facts at all: then it does not exist, and reading the snapshot raises the problem."""
        missed, last = await self._ledger.facts(self.run_id, cursor)
        if last < max(cursor, 1) or last - cursor > self._settings.max_replay:
            return None
        while missed and missed[-1].sequence < last:
            page, _ = await self._ledger.facts(self.run_id, missed[-1].sequence)
            if not page:
                break
            missed = missed + page
        return missed if len(missed) <= self._settings.max_replay else None


def topic_run_id(topic: str) -> str:
    """The run of a ``run:`` or ``attempt:`` topic."""
    return run_of(topic_key(topic))


def _is_about(topic: str, fact: FactEnvelope) -> bool:
    return topic in (f"run:{fact.run_id}", f"attempt:{fact.subject}")
