"""Leaderboards: read again, at most once a second, when an attempt of their suite is finished."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from assay.contracts.codec import encode
from assay.contracts.problems import ProblemError
from assay.contracts.runs import Board
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.facts import FactEnvelope
from services.gateway.live.feeds.snapshots import snapshot_frame
from services.gateway.live.feeds.topic_feed import TopicFeed
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.topics import topic_key

FINISHED = "attempt.finished"
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
        self._suites: OrderedDict[str, str] = OrderedDict()
        self._changed_runs: set[str] = set()

    @property
    def refresh_due(self) -> bool:
        return bool(self._changed_runs)

    def detach(self, subscription: Subscription) -> None:
        super().detach(subscription)
        if subscription.topic not in self._subscribers:
            self._last_sent.pop(subscription.topic, None)

    def on_fact(self, fact: FactEnvelope) -> None:
        if fact.kind == FINISHED:
            self._changed_runs.add(fact.run_id)
        elif fact.kind.startswith("run."):
            self._remember(fact.run_id, _run_fact.decode(fact.event).data.run.suite)

    async def join(self, subscription: Subscription) -> None:
        board = await self._ledger.leaderboard(topic_key(subscription.topic))
        self._last_sent[subscription.topic] = encode(board)
        subscription.complete_join(snapshot_frame(subscription.topic, 0, board), {})

    async def refresh(self) -> None:
        """Show the boards anew that finished attempts have changed."""
        runs, self._changed_runs = self._changed_runs, set()
        try:
            suites = {await self._suite(run_id) for run_id in runs}
            await self._send_changed([topic for topic in self._subscribers if topic_key(topic) in ("", *suites)])
        except Exception:
            self._changed_runs |= runs
            raise

    async def recheck(self) -> None:
        """Show whatever differs: facts may have been lost."""
        await self._send_changed(list(self._subscribers))

    async def _send_changed(self, topics: list[str]) -> None:
        for topic in topics:
            board: Board = await self._ledger.leaderboard(topic_key(topic))
            state = encode(board)
            if state != self._last_sent.get(topic) and topic in self._subscribers:
                self._last_sent[topic] = state
                text = snapshot_frame(topic, 0, board)
                for subscription in self._subscribers.of(topic):
                    subscription.replace_snapshot(text)

    async def _suite(self, run_id: str) -> str:
        if run_id not in self._suites:
            try:
                self._remember(run_id, (await self._ledger.run(run_id)).suite)
            except ProblemError:
                return ""
        return self._suites[run_id]

    def _remember(self, run_id: str, suite: str) -> None:
        self._suites[run_id] = suite
        if len(self._suites) > _MAX_CACHED_RUNS:
            self._suites.popitem(last=False)
