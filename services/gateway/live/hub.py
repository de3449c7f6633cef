"""The hub: receives every fact from the bus once, passes it to the feeds, and keeps time for them and the clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import structlog

from assay.bus.protocol import Bus, StoredFact
from assay.contracts import subjects
from services.gateway.live.background_tasks import BackgroundTasks
from services.gateway.live.client.connection import Connection
from services.gateway.live.degradation import Degradation
from services.gateway.live.feeds.router import FeedRouter
from services.gateway.live.ledger_client import LedgerClient
from services.gateway.live.metrics import LiveCounters
from services.gateway.live.settings import LiveSettings

_log = structlog.get_logger(__name__)
YIELD_EVERY = 200
"""Facts handled before other tasks get to run."""


class Interval:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = 0.0

    def elapsed(self, now: float) -> bool:
        """True once per interval."""
        if now < self._last + self._seconds:
            return False
        self._last = now
        return True


class Hub:
    """One per process; runs while ``listening`` is entered."""

    def __init__(self, bus: Bus, settings: LiveSettings | None = None) -> None:
        self.settings = settings or LiveSettings()
        self.connections: set[Connection] = set()
        self.counters = LiveCounters()
        self._bus = bus
        self._reconnects = bus.reconnects
        self._degradation = Degradation(self.connections)
        self._ledger = LedgerClient(bus.rpc, lambda reason: self._degradation.set("ledger", reason))
        self.feeds = FeedRouter(self._ledger, bus, self.settings, self.counters)
        self._tasks = BackgroundTasks()
        self._leaderboard_interval = Interval(self.settings.leaderboard_seconds)
        self._refresh_interval = Interval(self.settings.refresh_seconds)
        self._health_interval = Interval(self.settings.health_seconds)

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[Hub, None]:
        async with self._bus.facts.listen(subjects.FACTS) as facts:
            loops = [asyncio.create_task(self._consume_facts(facts)), asyncio.create_task(self._run_ticks())]
            try:
                yield self
            finally:
                for loop in loops:
                    loop.cancel()
                self.feeds.close()
                await asyncio.gather(*loops, self._tasks.cancel(), return_exceptions=True)

    def add_connection(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._degradation.notify_new(connection)

    def remove_connection(self, connection: Connection) -> None:
        self.connections.discard(connection)

    async def _consume_facts(self, facts: AsyncIterator[StoredFact]) -> None:
        """A fact that cannot be handled is logged; the loop goes on."""
        async for stored in facts:
            self.counters.facts_received += 1
            try:
                self.feeds.on_fact(stored)
            except Exception:
                _log.exception("live.fact_failed", subject=stored.subject)
            if self.counters.facts_received % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def _run_ticks(self) -> None:
        """A tick that fails is logged; the loop goes on."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.settings.tick_seconds)
            try:
                self._tick(loop.time())
            except Exception:
                _log.exception("live.tick_failed")

    def _tick(self, now: float) -> None:
        self._check_bus()
        self.feeds.tick(now)
        for connection in tuple(self.connections):
            self.counters.stalled_clients += connection.abort_if_stalled(now)
        if self.feeds.leaderboards.refresh_due and self._leaderboard_interval.elapsed(now):
            self._tasks.spawn_once("leaderboards", self.feeds.leaderboards.refresh)
        if self._refresh_interval.elapsed(now):
            self._recheck_lists()
        if self.connections and self._health_interval.elapsed(now):
            self._tasks.spawn_once("health", self._check_health)

    async def _check_health(self) -> None:
        """Without facts and requests, only this notices that the ledger is blocked."""
        self._degradation.set("work", await self._ledger.health_issue())

    def _check_bus(self) -> None:
        connected = self._bus.connected
        self._degradation.set("bus", "" if connected else "the connection to the bus is down")
        if connected and self._bus.reconnects != self._reconnects:
            self._reconnects = self._bus.reconnects
            self.feeds.recheck_runs()
            self._recheck_lists()

    def _recheck_lists(self) -> None:
        if self.feeds.run_list.has_subscribers:
            self._tasks.spawn_once("recheck run list", self.feeds.run_list.recheck)
        if self.feeds.leaderboards.has_subscribers:
            self._tasks.spawn_once("recheck leaderboards", self.feeds.leaderboards.recheck)
