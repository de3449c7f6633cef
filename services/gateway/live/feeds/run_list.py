"""The list of runs: what happens to runs at once, and of the attempts only the newest fact of each run now and then."""

from __future__ import annotations

import asyncio

from assay.contracts.live import RunsSnapshot
from services.gateway.live.client.subscription import Owed, Subscription
from services.gateway.live.facts import Heard, frame
from services.gateway.live.feeds.shared_read import Shared
from services.gateway.live.feeds.snapshots import snapshot
from services.gateway.live.ledger_client import Ledger
from services.gateway.live.topics import RUNS

NEWEST = 50
_IN_FLIGHT_SECONDS = 1.0


class RunsFeed:
    """``flush`` is called some times a second; ``recheck`` now and then, and after a break of the bus."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._watchers: set[Subscription] = set()
        self._latest: dict[str, Heard] = {}
        self._heard: dict[str, int] = {}
        self._read: Shared[RunsSnapshot] = Shared(self._newest)

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def attach(self, subscription: Subscription) -> None:
        self._watchers.add(subscription)

    def detach(self, subscription: Subscription) -> None:
        self._watchers.discard(subscription)
        if not self._watchers:
            self._latest.clear()
            self._heard.clear()

    def hear(self, heard: Heard) -> None:
        if heard.sequence <= self._heard.get(heard.run_id, 0):
            return
        self._heard[heard.run_id] = heard.sequence
        if heard.kind.startswith("run."):
            self._latest.pop(heard.run_id, None)
            self._give(heard)
        else:
            self._latest[heard.run_id] = heard

    def flush(self) -> None:
        """An attempt's fact tells its run's progress; of many in a row the last tells it all."""
        latest, self._latest = self._latest, {}
        for heard in latest.values():
            self._give(heard)

    async def join(self, subscription: Subscription) -> None:
        state = await self._read.get()
        if len(self._watchers) == 1:
            self._heard = {**_floors(state), **self._heard}
        subscription.release(snapshot(RUNS, 0, state), _floors(state))

    async def recheck(self, in_flight_seconds: float = _IN_FLIGHT_SECONDS) -> None:
        """When the ledger knows of facts that were never heard, everybody gets a new snapshot. Of runs that are no
        longer among the newest nothing is remembered."""
        listed = _floors(await self._read.get())
        await asyncio.sleep(in_flight_seconds)
        missed = any(sequence > self._heard.get(run_id, 0) for run_id, sequence in listed.items())
        self._heard = {run_id: max(sequence, self._heard.get(run_id, 0)) for run_id, sequence in listed.items()}
        if missed:
            for subscription in tuple(self._watchers):
                subscription.fall_behind()

    def _give(self, heard: Heard) -> None:
        owed = Owed(heard.run_id, heard.sequence, frame(RUNS, heard))
        for subscription in tuple(self._watchers):
            subscription.offer(owed)

    async def _newest(self) -> RunsSnapshot:
        runs, total = await self._ledger.newest_runs(NEWEST)
        return RunsSnapshot(runs=runs, total=total)


def _floors(state: RunsSnapshot) -> dict[str, int]:
    return {run.run_id: run.sequence for run in state.runs}
