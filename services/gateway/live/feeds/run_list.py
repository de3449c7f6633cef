"""The list of runs: facts about runs are sent at once, of an attempt's facts only the newest per run at each flush."""

from __future__ import annotations

import asyncio

from assay.contracts.live import RunsSnapshot
from services.gateway.live.client.subscription import PendingFrame, Subscription
from services.gateway.live.facts import FactEnvelope, fact_frame
from services.gateway.live.feeds.shared_read import SharedRead
from services.gateway.live.feeds.snapshots import snapshot_frame
from services.gateway.live.feeds.topic_feed import TopicFeed
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.topics import RUNS

MAX_RUNS = 50
_IN_FLIGHT_SECONDS = 1.0


class RunListFeed(TopicFeed):
    """The hub calls ``flush`` several times a second, and ``recheck`` periodically and after the bus reconnects."""

    def __init__(self, ledger: LedgerClient) -> None:
        super().__init__()
        self._ledger = ledger
        self._pending: dict[str, FactEnvelope] = {}
        self._sequences: dict[str, int] = {}
        self._read: SharedRead[RunsSnapshot] = SharedRead(self._newest)

    def detach(self, subscription: Subscription) -> None:
        super().detach(subscription)
        if not self.has_subscribers:
            self._pending.clear()
            self._sequences.clear()

    def on_fact(self, fact: FactEnvelope) -> None:
        if fact.sequence <= self._sequences.get(fact.run_id, 0):
            return
        self._sequences[fact.run_id] = fact.sequence
        if fact.kind.startswith("run."):
            self._pending.pop(fact.run_id, None)
            self._publish(fact)
        else:
            self._pending[fact.run_id] = fact

    def flush(self) -> None:
        """Attempts' facts carry their run's progress, so the newest one replaces those before it."""
        pending, self._pending = self._pending, {}
        for fact in pending.values():
            self._publish(fact)

    async def join(self, subscription: Subscription) -> None:
        state = await self._read.get()
        if len(self._subscribers(RUNS)) == 1:
            self._sequences = {**_sequences_of(state), **self._sequences}
        subscription.complete_join(snapshot_frame(RUNS, 0, state), _sequences_of(state))

    async def recheck(self, in_flight_seconds: float = _IN_FLIGHT_SECONDS) -> None:
        """If the ledger has facts that did not arrive, every subscriber gets a new snapshot. Forgets runs that are no
        longer among the newest."""
        listed = _sequences_of(await self._read.get())
        await asyncio.sleep(in_flight_seconds)
        missed = any(sequence > self._sequences.get(run_id, 0) for run_id, sequence in listed.items())
        self._sequences = {run_id: max(sequence, self._sequences.get(run_id, 0)) for run_id, sequence in listed.items()}
        if missed:
            for subscription in self._subscribers(RUNS):
                subscription.fall_behind()

    def _publish(self, fact: FactEnvelope) -> None:
        frame = PendingFrame(fact.run_id, fact.sequence, fact_frame(RUNS, fact))
        for subscription in self._subscribers(RUNS):
            subscription.offer(frame)

    async def _newest(self) -> RunsSnapshot:
        runs, total = await self._ledger.newest_runs(MAX_RUNS)
        return RunsSnapshot(runs=runs, total=total)


def _sequences_of(state: RunsSnapshot) -> dict[str, int]:
    return {run.run_id: run.sequence for run in state.runs}
