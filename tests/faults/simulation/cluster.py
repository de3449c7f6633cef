"""The processes of a simulation: started, killed, stopped, cut off; and started again by their supervisor."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

from tests.faults.simulation.processes import Process
from tests.faults.simulation.scenario import Scenario
from tests.faults.simulation.services import Gateway, World, judge, ledger, runner


class Cluster:
    """``faults`` is what must not have been; ``lives`` are the names of all processes there ever were."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: list[str] = []
        self.lives: list[str] = []
        self.processes: dict[str, Process] = {}
        self.gateway: Gateway | None = None
        world.chaos.on_crash = self._on_crash

    def start(self, scenario: Scenario) -> None:
        amounts = {"ledger": scenario.ledgers, "gateway": 1, "judge": scenario.judges, "runner": scenario.runners}
        for kind, amount in amounts.items():
            for number in range(amount):
                self._start(f"{kind}-{number}")

    def heal(self) -> None:
        self.world.chaos.calm = True
        self.mend()
        for process in self.processes.values():
            process.go_on()

    def mend(self) -> None:
        for line in self.world.exchange.lines.values():
            line.mend()

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()

    # --- faults

    def kill(self, name: str) -> None:
        if (process := self.processes[name]).alive:
            self.world.chaos.crash(process, "a deed")

    def wipe(self) -> None:
        self.world.exchange.wipe()

    def cut(self, name: str, seconds: float) -> None:
        line = self.world.exchange.lines.get(self.processes[name].name)
        if line is not None:
            line.cut()
            asyncio.get_running_loop().call_later(seconds, line.mend)

    def freeze(self, name: str, seconds: float) -> None:
        process = self.processes[name]
        process.stop()
        asyncio.get_running_loop().call_later(seconds, process.go_on)

    # --- lives

    def _start(self, name: str) -> None:
        process = self.processes[name] = Process(f"{name}.{len(self.lives)}" if name in self.processes else name)
        self.lives.append(process.name)
        kind = name.partition("-")[0]
        if kind == "gateway":
            self.gateway = Gateway(self.world, process)
            main = self.gateway.serve()
        else:
            main = {"ledger": ledger, "runner": runner, "judge": judge}[kind](self.world, process)
        process.start(self._supervised(name, process, main))

    async def _supervised(self, name: str, process: Process, main: Coroutine[Any, Any, None]) -> None:
        """Services end by being killed; one that ends by itself is a finding."""
        try:
            await main
        except Exception as error:
            if process.alive:
                self.faults.append(f"{process.name} ended by itself: {error!r}")
                self.world.chaos.crash(process, f"its end: {error!r}")

    def _on_crash(self, process: Process) -> None:
        name = process.name.partition(".")[0]
        if self.processes.get(name) is process:
            seconds = self.world.chaos.seconds(2.0)
            asyncio.get_running_loop().call_later(seconds, self._start, name, context=Context())
