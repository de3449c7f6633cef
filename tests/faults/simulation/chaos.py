"""Everything that is left to chance, drawn from one seeded source."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.simulation.processes import Dead, Process

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Odds:
    """Of what may happen at each call of a port. ``copies`` is how often each message is stored (1: once); every
    copy comes up to ``lag_seconds`` late where ``lag`` happens."""

    crash: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 0.5
    lost: float = 0.0
    repeated: float = 0.0
    lag: float = 0.0
    lag_seconds: float = 2.0
    away: float = 0.0
    copies: int = 1


class Chaos:
    """``calm`` ends it all: from then on nothing more goes wrong by chance. ``on_crash`` is told who was killed."""

    def __init__(self, seed: int, odds: Odds, tell: Tell | None = None) -> None:
        self.random = random.Random(f"chaos {seed}")
        self.odds = odds
        self.calm = False
        self.tell = tell
        self.on_crash: Callable[[Process], None] = lambda process: None

    def happens(self, odds: float) -> bool:
        return odds > 0 and not self.calm and self.random.random() < odds

    def seconds(self, most: float) -> float:
        return self.random.random() * most

    async def step(self, process: Process, place: str) -> None:
        """Stands before and after whatever a port does: here its process may die, or be held up."""
        if not process.alive or not process.running.is_set():
            await process.check()
        if self.tell is not None:
            self.tell(f"{process.name} {place}")
        if self.calm:
            return
        if self.happens(self.odds.crash):
            self.crash(process, place)
            raise Dead(process.name)
        if self.happens(self.odds.delay):
            await asyncio.sleep(self.seconds(self.odds.delay_seconds))
            await process.check()

    def crash(self, process: Process, place: str) -> None:
        if self.tell is not None:
            self.tell(f"{process.name} KILLED at {place}")
        process.kill()
        self.on_crash(process)


class Guarded:
    """A port as a process has it."""

    def __init__(self, port: Any, process: Process, chaos: Chaos, name: str) -> None:
        self._port, self._process, self._chaos, self._name = port, process, chaos, name

    def __getattr__(self, method: str) -> Any:
        there, chaos, place = getattr(self._port, method), self._chaos, f"{self._name}.{method}"

        async def call(*args: Any, **more: Any) -> Any:
            await chaos.step(self._process, place)
            result = await there(*args, **more)
            await chaos.step(self._process, f"{place} done")
            return result

        setattr(self, method, call)
        return call
