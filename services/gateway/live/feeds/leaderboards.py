"""Leaderboards: read again, at most once a second, after an attempt of their suite has a result or another one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from cachetools import LRUCache

from assay.contracts.codec import encode
from assay.contracts.leaderboard import Board
from assay.contracts.problems import ProblemError
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.facts import FactEnvelope
from services.gateway.live.feeds.snapshots import snapshot_frame
from services.gateway.live.feeds.topic_feed import TopicFeed
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.topics import topic_key

RESULTS = ("attempt.finished", "attempt.revised")
"""Facts that change a leaderboard."""
_MAX_CACHED_RUNS = 1_000


class _Run(msgspec.Struct):
    suite: str


class _Data(msgspec.Struct):
    run: _Run


class _RunFact(msgspec.Struct):
    data: _Data


_run_fact = msgspec.json.Decoder(_RunFact)


class LeaderboardFeed(TopicFeed):
    """The topics ``leaderboard`` (of all suites) and ``leaderboard:<suite>``."""

    def __init__(self, ledger: LedgerClient) -> None:
        super().__init__()
        self._ledger = ledger
        self._last_sent: dict[str, bytes] = {}
        self._suites: LRUCache[str, str] = LRUCache(_MAX_CACHED_RUNS)
        self._changed_runs: set[str] = set()

    @property
    def refresh_due(self) -> bool:
        return bool(self._changed_runs)

    def detach(self, subscription: Subscription) -> None:
        super().detach(subscription)
        if not self._subscribers(subscription.topic):
            self._last_sent.pop(subscription.topic, None)

    def on_fact(self, fact: FactEnvelope) -> None:
        if fact.kind in RESULTS:
            self._changed_runs.add(fact.run_id)
        elif fact.kind.startswith("run."):
            self._suites[fact.run_id] = _run_fact.decode(fact.event).data.run.suite

    async def join(self, subscription: Subscription) -> None:
        board = await self._ledger.leaderboard(topic_key(subscription.topic))
        self._last_sent[subscription.topic] = encode(board)
        subscription.complete_join(snapshot_frame(subscription.topic, 0, board), {})

    async def refresh(self) -> None:
        """Send the leaderboards that finished attempts have changed."""
        runs, self._changed_runs = self._changed_runs, set()
        try:
            suites = {await self._suite(run_id) for run_id in runs}
            await self._send_changed([topic for topic in self._topics() if topic_key(topic) in ("", *suites)])
        except Exception:
            self._changed_runs |= runs
            raise

    async def recheck(self) -> None:
        """Facts may have been lost: read every watched leaderboard."""
        await self._send_changed(self._topics())

    async def _send_changed(self, topics: Iterable[str]) -> None:
        for topic in topics:
            board: Board = await self._ledger.leaderboard(topic_key(topic))
            state = encode(board)
            subscribers = self._subscribers(topic)
            if subscribers and state != self._last_sent.get(topic):
                self._last_sent[topic] = state
                text = snapshot_frame(topic, 0, board)
                for subscription in subscribers:
                    subscription.replace_snapshot(text)

    async def _suite(self, run_id: str) -> str:
        if run_id not in self._suites:
            try:
                self._suites[run_id] = (await self._ledger.run(run_id)).suite
            except ProblemError:
                return ""
        return self._suites[run_id]
