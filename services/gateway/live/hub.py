"""The hub: hears every fact once, and brings it to the feeds that somebody watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from assay.bus.errors import BusError
from assay.bus.protocol import Bus, StoredFact
from assay.contracts import subjects
from assay.contracts.problems import ProblemError
from services.gateway.live.client.connection import Connection
from services.gateway.live.client.subscription import Subscription
from services.gateway.live.degradation import Degradation
from services.gateway.live.facts import parse_envelope
from services.gateway.live.feeds.leaderboards import LeaderboardFeed
from services.gateway.live.feeds.run import RunFeed, topic_run_id
from services.gateway.live.feeds.run_list import RunListFeed
from services.gateway.live.feeds.tails import TailFeed
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.settings import LiveSettings
from services.gateway.live.topics import topic_kind

YIELD_EVERY = 200
"""So many facts are handled before others get their turn."""


class Hub:
    """One per process; ``listening`` holds it alive."""

    def __init__(self, bus: Bus, pace: LiveSettings | None = None) -> None:
        self.settings = pace or LiveSettings()
        self.connections: set[Connection] = set()
        self.facts_received = 0
        self.facts_backfilled = 0
        self.resyncs = 0
        self.stalled_clients = 0
        self._bus = bus
        self._degradation = Degradation(self.connections)
        ledger = LedgerClient(bus.rpc, lambda reason: self._degradation.set("ledger", reason))
        self._ledger = ledger
        self._run_feeds: dict[str, RunFeed] = {}
        self._run_list = RunListFeed(ledger)
        self._leaderboards = LeaderboardFeed(ledger)
        self._tails = TailFeed(bus.tail, self.settings)
        self._reconnects = bus.reconnects
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._boards_at = self._refresh_at = self._health_at = 0.0

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[Hub, None]:
        async with self._bus.facts.listen(subjects.FACTS) as facts:
            tasks = [asyncio.create_task(self._consume_facts(facts)), asyncio.create_task(self._run_ticks())]
            try:
                yield self
            finally:
                for task in (*tasks, *self._tasks.values()):
                    task.cancel()
                for feed in self._run_feeds.values():
                    feed.close()
                self._tails.close()
                await asyncio.gather(*tasks, *self._tasks.values(), return_exceptions=True)

    # --- clients

    def add_connection(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._degradation.greet(connection)

    def remove_connection(self, connection: Connection) -> None:
        self.connections.discard(connection)

    def attach(self, subscription: Subscription) -> None:
        """From now on the subscription is offered what is heard of its topic."""
        match topic_kind(subscription.topic):
            case "runs":
                self._run_list.attach(subscription)
            case "leaderboard":
                self._leaderboards.attach(subscription)
            case kind:
                self._run_feed(subscription.topic).attach(subscription)
                if kind == "attempt":
                    self._tails.attach(subscription)

    def detach(self, subscription: Subscription) -> None:
        match topic_kind(subscription.topic):
            case "runs":
                self._run_list.detach(subscription)
            case "leaderboard":
                self._leaderboards.detach(subscription)
            case kind:
                self._leave_run(subscription)
                if kind == "attempt":
                    self._tails.detach(subscription)

    async def join(self, subscription: Subscription, cursor: int | None) -> None:
        """Snapshot, or what was missed since ``cursor``; raises ProblemError for a topic of nothing, BusError."""
        match topic_kind(subscription.topic):
            case "runs":
                await self._run_list.join(subscription)
            case "leaderboard":
                await self._leaderboards.join(subscription)
            case _:
                await self._run_feed(subscription.topic).join(subscription, cursor)

    def _run_feed(self, topic: str) -> RunFeed:
        run_id = topic_run_id(topic)
        if run_id not in self._run_feeds:
            self._run_feeds[run_id] = RunFeed(run_id, self._ledger, self.settings)
        return self._run_feeds[run_id]

    def _leave_run(self, subscription: Subscription) -> None:
        run_id = topic_run_id(subscription.topic)
        feed = self._run_feeds.get(run_id)
        if feed is not None:
            feed.detach(subscription)
            if not feed.has_subscribers:
                feed.close()
                self.facts_backfilled += feed.backfilled
                del self._run_feeds[run_id]

    # --- facts

    def on_fact(self, stored: StoredFact) -> None:
        """The subject alone tells whether anybody cares; only then the fact is looked into."""
        self.facts_received += 1
        run_id = stored.subject.rpartition(".")[2]
        feed = self._run_feeds.get(run_id)
        if feed is None and not self._run_list.has_subscribers and not self._leaderboards.has_subscribers:
            return
        heard = parse_envelope(stored.payload)
        if heard is None or heard.run_id != run_id:
            structlog.get_logger().warning("live.unreadable_fact", subject=stored.subject)
            return
        if feed is not None:
            feed.on_fact(heard)
        if self._run_list.has_subscribers:
            self._run_list.on_fact(heard)
        if self._leaderboards.has_subscribers:
            self._leaderboards.on_fact(heard)

    async def _consume_facts(self, facts: AsyncIterator[StoredFact]) -> None:
        """One fact that cannot be handled must not make the hub deaf to all others."""
        async for stored in facts:
            try:
                self.on_fact(stored)
            except Exception:
                structlog.get_logger().exception("live.fact_failed", subject=stored.subject)
            if self.facts_received % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    # --- time

    async def _run_ticks(self) -> None:
        """What goes wrong in one tick is logged, and the next one comes."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.settings.tick_seconds)
            try:
                self._tick(loop.time())
            except Exception:
                structlog.get_logger().exception("live.tick_failed")

    def _tick(self, now: float) -> None:
        self._check_bus()
        self._run_list.flush()
        for feed in tuple(self._run_feeds.values()):
            feed.tick(now)
        for connection in tuple(self.connections):
            self.stalled_clients += connection.abort_if_stalled(now)
        if now >= self._boards_at + self.settings.leaderboard_seconds and self._leaderboards.refresh_due:
            self._boards_at = now
            self._spawn_once("boards", self._leaderboards.refresh)
        if now >= self._refresh_at + self.settings.refresh_seconds:
            self._refresh_at = now
            self._recheck_lists()
        if now >= self._health_at + self.settings.health_seconds and self.connections:
            self._health_at = now
            self._spawn_once("health", self._check_health)

    async def _check_health(self) -> None:
        """While nothing happens nobody else would notice that nothing can."""
        self._degradation.set("work", await self._ledger.health_issue())

    def _check_bus(self) -> None:
        connected = self._bus.connected
        self._degradation.set("bus", "" if connected else "the connection to the bus is down")
        if connected and self._bus.reconnects != self._reconnects:
            self._reconnects = self._bus.reconnects
            for feed in self._run_feeds.values():
                feed.recheck()
            self._recheck_lists()

    def _recheck_lists(self) -> None:
        if self._run_list.has_subscribers:
            self._spawn_once("runs", self._run_list.recheck)
        if self._leaderboards.has_subscribers:
            self._spawn_once("boards-all", self._leaderboards.recheck)

    def _spawn_once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it beside, unless it is being done."""
        if name not in self._tasks or self._tasks[name].done():
            self._tasks[name] = asyncio.create_task(_log_failures(name, work))


async def _log_failures(name: str, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except (BusError, ProblemError) as error:
        structlog.get_logger().info("live.chore_failed", chore=name, error=str(error))
    except Exception:
        structlog.get_logger().exception("live.chore_broken", chore=name)
