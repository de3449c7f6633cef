"""Leaderboards: read again, at most once a second, when an attempt of their suite is finished."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from assay.contracts.codec import encode
from assay.contracts.problems import ProblemError
from assay.contracts.runs import Board
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.facts import Heard
from services.gateway.live.feeds.snapshots import snapshot
from services.gateway.live.feeds.topic_feed import Watched
from services.gateway.live.ledger_client import Ledger
from services.gateway.live.topics import key_of

FINISHED = "attempt.finished"
_KNOWN_RUNS = 1_000


class _Run(msgspec.Struct):
    suite: str


class _Data(msgspec.Struct):
    run: _Run


class _RunFact(msgspec.Struct):
    data: _Data


_run_fact = msgspec.json.Decoder(_RunFact)


class BoardFeed(Watched):
    """The topics ``leaderboard`` (of all suites) and ``leaderboard:<suite>``."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger
        self._shown: dict[str, bytes] = {}
        self._suites: OrderedDict[str, str] = OrderedDict()
        self._changed_runs: set[str] = set()

    @property
    def due(self) -> bool:
        return bool(self._changed_runs)

    def detach(self, subscription: Subscription) -> None:
        super().detach(subscription)
        if subscription.topic not in self._watchers:
            self._shown.pop(subscription.topic, None)

    def hear(self, heard: Heard) -> None:
        if heard.kind == FINISHED:
            self._changed_runs.add(heard.run_id)
        elif heard.kind.startswith("run."):
            self._remember(heard.run_id, _run_fact.decode(heard.event).data.run.suite)

    async def join(self, subscription: Subscription) -> None:
        board = await self._ledger.board(key_of(subscription.topic))
        self._shown[subscription.topic] = encode(board)
        subscription.release(snapshot(subscription.topic, 0, board), {})

    async def refresh(self) -> None:
        """Show the boards anew that finished attempts have changed."""
        runs, self._changed_runs = self._changed_runs, set()
        try:
            suites = {await self._suite(run_id) for run_id in runs}
            await self._show([topic for topic in self._watchers if key_of(topic) in ("", *suites)])
        except Exception:
            self._changed_runs |= runs
            raise

    async def recheck(self) -> None:
        """Show whatever differs: facts may have been lost."""
        await self._show(list(self._watchers))

    async def _show(self, topics: list[str]) -> None:
        for topic in topics:
            board: Board = await self._ledger.board(key_of(topic))
            state = encode(board)
            if state != self._shown.get(topic) and topic in self._watchers:
                self._shown[topic] = state
                text = snapshot(topic, 0, board)
                for subscription in self._watchers.of(topic):
                    subscription.replace(text)

    async def _suite(self, run_id: str) -> str:
        if run_id not in self._suites:
            try:
                self._remember(run_id, (await self._ledger.run(run_id)).suite)
            except ProblemError:
                return ""
        return self._suites[run_id]

    def _remember(self, run_id: str, suite: str) -> None:
        self._suites[run_id] = suite
        if len(self._suites) > _KNOWN_RUNS:
            self._suites.popitem(last=False)
