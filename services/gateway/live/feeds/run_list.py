"""The list of runs: what happens to runs at once, and of the attempts only the newest fact of each run now and then."""

from __future__ import annotations

import asyncio

from assay.contracts.live import RunsSnapshot
from services.gateway.live.client.subscription import PendingFrame, Subscription
from services.gateway.live.facts import FactEnvelope, fact_frame
from services.gateway.live.feeds.shared_read import SharedRead
from services.gateway.live.feeds.snapshots import snapshot_frame
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.topics import RUNS

MAX_RUNS = 50
_IN_FLIGHT_SECONDS = 1.0


class RunListFeed:
    """``flush`` is called some times a second; ``recheck`` now and then, and after a break of the bus."""

    def __init__(self, ledger: LedgerClient) -> None:
        self._ledger = ledger
        self._subscribers: set[Subscription] = set()
        self._pending: dict[str, FactEnvelope] = {}
        self._sequences: dict[str, int] = {}
        self._read: SharedRead[RunsSnapshot] = SharedRead(self._newest)

    @property
    def has_subscribers(self) -> bool:
        return bool(self._subscribers)

    def attach(self, subscription: Subscription) -> None:
        self._subscribers.add(subscription)

    def detach(self, subscription: Subscription) -> None:
        self._subscribers.discard(subscription)
        if not self._subscribers:
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
        """An attempt's fact tells its run's progress; of many in a row the last tells it all."""
        latest, self._pending = self._pending, {}
        for heard in latest.values():
            self._publish(heard)

    async def join(self, subscription: Subscription) -> None:
        state = await self._read.get()
        if len(self._subscribers) == 1:
            self._sequences = {**_sequences_of(state), **self._sequences}
        subscription.complete_join(snapshot_frame(RUNS, 0, state), _sequences_of(state))

    async def recheck(self, in_flight_seconds: float = _IN_FLIGHT_SECONDS) -> None:
        """When the ledger knows of facts that were never heard, everybody gets a new snapshot. Of runs that are no
        longer among the newest nothing is remembered."""
        listed = _sequences_of(await self._read.get())
        await asyncio.sleep(in_flight_seconds)
        missed = any(sequence > self._sequences.get(run_id, 0) for run_id, sequence in listed.items())
        self._sequences = {run_id: max(sequence, self._sequences.get(run_id, 0)) for run_id, sequence in listed.items()}
        if missed:
            for subscription in tuple(self._subscribers):
                subscription.fall_behind()

    def _publish(self, fact: FactEnvelope) -> None:
        owed = PendingFrame(fact.run_id, fact.sequence, fact_frame(RUNS, fact))
        for subscription in tuple(self._subscribers):
            subscription.offer(owed)

    async def _newest(self) -> RunsSnapshot:
        runs, total = await self._ledger.newest_runs(MAX_RUNS)
        return RunsSnapshot(runs=runs, total=total)


def _sequences_of(state: RunsSnapshot) -> dict[str, int]:
    return {run.run_id: run.sequence for run in state.runs}
