"""Routes subscriptions and facts to the feeds."""

from __future__ import annotations

import structlog

from assay.bus.protocol import Bus, StoredFact
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.facts import parse_envelope
from services.gateway.live.feeds.leaderboards import LeaderboardFeed
from services.gateway.live.feeds.run import RunFeed, topic_run_id
from services.gateway.live.feeds.run_list import RunListFeed
from services.gateway.live.feeds.tails import TailFeed
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.metrics import LiveCounters
from services.gateway.live.settings import LiveSettings
from services.gateway.live.topics import topic_kind

_log = structlog.get_logger(__name__)


class FeedRouter:
    """One feed per watched run, and one each for the run list, the leaderboards and the tails."""

    def __init__(self, ledger: LedgerClient, bus: Bus, settings: LiveSettings, counters: LiveCounters) -> None:
        self.counters = counters
        self.run_list = RunListFeed(ledger)
        self.leaderboards = LeaderboardFeed(ledger)
        self._ledger, self._settings = ledger, settings
        self._runs: dict[str, RunFeed] = {}
        self._tails = TailFeed(bus.tail, bus.rpc, settings)

    def close(self) -> None:
        for feed in self._runs.values():
            feed.close()
        self._tails.close()

    def attach(self, subscription: Subscription) -> None:
        """From now on the subscription is offered the facts of its topic."""
        match topic_kind(subscription.topic):
            case "runs":
                self.run_list.attach(subscription)
            case "leaderboard":
                self.leaderboards.attach(subscription)
            case kind:
                self._run_feed(subscription.topic).attach(subscription)
                if kind == "attempt":
                    self._tails.attach(subscription)

    def detach(self, subscription: Subscription) -> None:
        match topic_kind(subscription.topic):
            case "runs":
                self.run_list.detach(subscription)
            case "leaderboard":
                self.leaderboards.detach(subscription)
            case kind:
                self._detach_from_run(subscription)
                if kind == "attempt":
                    self._tails.detach(subscription)

    async def join(self, subscription: Subscription, cursor: int | None) -> None:
        """Sends a snapshot, or the facts missed since ``cursor``. Raises BusError, or ProblemError if what the topic
        names does not exist."""
        match topic_kind(subscription.topic):
            case "runs":
                await self.run_list.join(subscription)
            case "leaderboard":
                await self.leaderboards.join(subscription)
            case _:
                await self._run_feed(subscription.topic).join(subscription, cursor)

    def on_fact(self, stored: StoredFact) -> None:
        """The payload is parsed only if somebody subscribes to its run or to a list."""
        run_id = stored.subject.rpartition(".")[2]
        feed = self._runs.get(run_id)
        if feed is None and not self.run_list.has_subscribers and not self.leaderboards.has_subscribers:
            return
        fact = parse_envelope(stored.payload)
        if fact is None or fact.run_id != run_id:
            _log.warning("live.unreadable_fact", subject=stored.subject)
            return
        if feed is not None:
            feed.on_fact(fact)
        if self.run_list.has_subscribers:
            self.run_list.on_fact(fact)
        if self.leaderboards.has_subscribers:
            self.leaderboards.on_fact(fact)

    def tick(self, now: float) -> None:
        self.run_list.flush()
        for feed in tuple(self._runs.values()):
            feed.tick(now)

    def recheck_runs(self) -> None:
        """Facts may have been lost: every run feed asks the ledger."""
        for feed in self._runs.values():
            feed.recheck()

    def _run_feed(self, topic: str) -> RunFeed:
        run_id = topic_run_id(topic)
        if run_id not in self._runs:
            self._runs[run_id] = RunFeed(run_id, self._ledger, self._settings, self.counters)
        return self._runs[run_id]

    def _detach_from_run(self, subscription: Subscription) -> None:
        run_id = topic_run_id(subscription.topic)
        feed = self._runs.get(run_id)
        if feed is not None:
            feed.detach(subscription)
            if not feed.has_subscribers:
                feed.close()
                del self._runs[run_id]
