"""Fault injection: every fault is drawn from one seeded random source."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.simulation.world.process import Process, ProcessKilled

Trace = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class FaultOdds:
    """Probabilities per call of a port. ``copies`` is how often each message is stored (1 = no duplicates); late
    messages arrive up to ``late_seconds`` later. ``unavailable``: the connection to Postgres fails before the
    transaction, or after its commit."""

    crash: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 0.5
    lost: float = 0.0
    repeated: float = 0.0
    late: float = 0.0
    late_seconds: float = 2.0
    unavailable: float = 0.0
    copies: int = 1


class FaultInjector:
    """``stopped`` turns all random faults off. ``on_crash`` is called with each process that was killed."""

    def __init__(self, seed: int, odds: FaultOdds, trace: Trace | None = None) -> None:
        self.random = random.Random(f"chaos {seed}")
        self.odds = odds
        self.stopped = False
        self.trace = trace
        self.on_crash: Callable[[Process], None] = lambda process: None

    def happens(self, odds: float) -> bool:
        return odds > 0 and not self.stopped and self.random.random() < odds

    def seconds(self, maximum: float) -> float:
        return self.random.random() * maximum

    async def step(self, process: Process, place: str) -> None:
        """Called before and after each effect of a process: it may be killed or delayed here."""
        if not process.alive or not process.running.is_set():
            await process.wait_until_running()
        if self.trace is not None:
            self.trace(f"{process.name} {place}")
        if self.stopped:
            return
        if self.happens(self.odds.crash):
            self.crash(process, place)
            raise ProcessKilled(process.name)
        if self.happens(self.odds.delay):
            await asyncio.sleep(self.seconds(self.odds.delay_seconds))
            await process.wait_until_running()

    def crash(self, process: Process, place: str) -> None:
        if self.trace is not None:
            self.trace(f"{process.name} KILLED at {place}")
        process.kill()
        self.on_crash(process)


class FaultyPort:
    """A port whose calls can be killed and delayed."""

    def __init__(self, port: Any, process: Process, faults: FaultInjector, name: str) -> None:
        self._port, self._process, self._faults, self._name = port, process, faults, name

    def __getattr__(self, method: str) -> Any:
        inner, faults, place = getattr(self._port, method), self._faults, f"{self._name}.{method}"

        async def call(*args: Any, **more: Any) -> Any:
            await faults.step(self._process, place)
            result = await inner(*args, **more)
            await faults.step(self._process, f"{place} done")
            return result

        setattr(self, method, call)
        return call
