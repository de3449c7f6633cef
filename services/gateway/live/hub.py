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
from services.gateway.live.boards import BoardFeed
from services.gateway.live.connection import Connection
from services.gateway.live.facts import peek
from services.gateway.live.ledger import Ledger
from services.gateway.live.pace import Pace
from services.gateway.live.run_feed import RunFeed, run_id_of
from services.gateway.live.runs_feed import RunsFeed
from services.gateway.live.subscription import Subscription
from services.gateway.live.tails import TailFeed
from services.gateway.live.topics import kind_of
from services.gateway.live.trouble import Trouble

_BREATH = 200
"""So many facts are handled before others get their turn."""


class Hub:
    """One per process; ``listening`` holds it alive."""

    def __init__(self, bus: Bus, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.connections: set[Connection] = set()
        self.facts_heard = 0
        self.facts_filled = 0
        self.resyncs = 0
        self.stalled = 0
        self._bus = bus
        self._trouble = Trouble(self.connections)
        ledger = Ledger(bus.rpc, lambda reason: self._trouble.set("ledger", reason))
        self._ledger = ledger
        self._run_feeds: dict[str, RunFeed] = {}
        self._runs = RunsFeed(ledger)
        self._boards = BoardFeed(ledger)
        self._tails = TailFeed(bus.tail, self.pace)
        self._reconnects = bus.reconnects
        self._chores: dict[str, asyncio.Task[None]] = {}
        self._boards_at = self._refresh_at = self._health_at = 0.0

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[Hub, None]:
        async with self._bus.facts.listen(subjects.FACTS) as facts:
            tasks = [asyncio.create_task(self._hear_all(facts)), asyncio.create_task(self._tick_on())]
            try:
                yield self
            finally:
                for task in (*tasks, *self._chores.values()):
                    task.cancel()
                for feed in self._run_feeds.values():
                    feed.close()
                self._tails.close()
                await asyncio.gather(*tasks, *self._chores.values(), return_exceptions=True)

    # --- clients

    def enter(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._trouble.tell(connection)

    def exit(self, connection: Connection) -> None:
        self.connections.discard(connection)

    def attach(self, subscription: Subscription) -> None:
        """From now on the subscription is offered what is heard of its topic."""
        match kind_of(subscription.topic):
            case "runs":
                self._runs.attach(subscription)
            case "leaderboard":
                self._boards.attach(subscription)
            case kind:
                self._run_feed(subscription.topic).attach(subscription)
                if kind == "attempt":
                    self._tails.attach(subscription)

    def detach(self, subscription: Subscription) -> None:
        match kind_of(subscription.topic):
            case "runs":
                self._runs.detach(subscription)
            case "leaderboard":
                self._boards.detach(subscription)
            case kind:
                self._leave_run(subscription)
                if kind == "attempt":
                    self._tails.detach(subscription)

    async def join(self, subscription: Subscription, cursor: int | None) -> None:
        """Snapshot, or what was missed since ``cursor``; raises ProblemError for a topic of nothing, BusError."""
        match kind_of(subscription.topic):
            case "runs":
                await self._runs.join(subscription)
            case "leaderboard":
                await self._boards.join(subscription)
            case _:
                await self._run_feed(subscription.topic).join(subscription, cursor)

    def _run_feed(self, topic: str) -> RunFeed:
        run_id = run_id_of(topic)
        if run_id not in self._run_feeds:
            self._run_feeds[run_id] = RunFeed(run_id, self._ledger, self.pace)
        return self._run_feeds[run_id]

    def _leave_run(self, subscription: Subscription) -> None:
        run_id = run_id_of(subscription.topic)
        feed = self._run_feeds.get(run_id)
        if feed is not None:
            feed.detach(subscription)
            if not feed.watched:
                feed.close()
                self.facts_filled += feed.filled
                del self._run_feeds[run_id]

    # --- facts

    def hear(self, stored: StoredFact) -> None:
        """The subject alone tells whether anybody cares; only then the fact is looked into."""
        self.facts_heard += 1
        run_id = stored.subject.rpartition(".")[2]
        feed = self._run_feeds.get(run_id)
        if feed is None and not self._runs.watched and not self._boards.watched:
            return
        heard = peek(stored.payload)
        if heard is None or heard.run_id != run_id:
            structlog.get_logger().warning("live.unreadable_fact", subject=stored.subject)
            return
        if feed is not None:
            feed.hear(heard)
        if self._runs.watched:
            self._runs.hear(heard)
        if self._boards.watched:
            self._boards.hear(heard)

    async def _hear_all(self, facts: AsyncIterator[StoredFact]) -> None:
        """One fact that cannot be handled must not make the hub deaf to all others."""
        async for stored in facts:
            try:
                self.hear(stored)
            except Exception:
                structlog.get_logger().exception("live.fact_failed", subject=stored.subject)
            if self.facts_heard % _BREATH == 0:
                await asyncio.sleep(0)

    # --- time

    async def _tick_on(self) -> None:
        """What goes wrong in one tick is logged, and the next one comes."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.pace.tick_seconds)
            try:
                self._tick(loop.time())
            except Exception:
                structlog.get_logger().exception("live.tick_failed")

    def _tick(self, now: float) -> None:
        self._watch_bus()
        self._runs.flush()
        for feed in tuple(self._run_feeds.values()):
            feed.tick(now)
        for connection in tuple(self.connections):
            self.stalled += connection.end_if_stalled(now)
        if now >= self._boards_at + self.pace.board_seconds and self._boards.due:
            self._boards_at = now
            self._chore("boards", self._boards.refresh)
        if now >= self._refresh_at + self.pace.refresh_seconds:
            self._refresh_at = now
            self._recheck_lists()
        if now >= self._health_at + self.pace.health_seconds and self.connections:
            self._health_at = now
            self._chore("health", self._ask_health)

    async def _ask_health(self) -> None:
        """While nothing happens nobody else would notice that nothing can."""
        self._trouble.set("work", await self._ledger.trouble())

    def _watch_bus(self) -> None:
        connected = self._bus.connected
        self._trouble.set("bus", "" if connected else "the connection to the bus is down")
        if connected and self._bus.reconnects != self._reconnects:
            self._reconnects = self._bus.reconnects
            for feed in self._run_feeds.values():
                feed.recheck()
            self._recheck_lists()

    def _recheck_lists(self) -> None:
        if self._runs.watched:
            self._chore("runs", self._runs.recheck)
        if self._boards.watched:
            self._chore("boards-all", self._boards.recheck)

    def _chore(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it beside, unless it is being done."""
        if name not in self._chores or self._chores[name].done():
            self._chores[name] = asyncio.create_task(_quietly(name, work))


async def _quietly(name: str, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except (BusError, ProblemError) as error:
        structlog.get_logger().info("live.chore_failed", chore=name, error=str(error))
    except Exception:
        structlog.get_logger().exception("live.chore_broken", chore=name)
