"""The processes of a simulation and their supervisor: start, kill, freeze, disconnect, restart."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

from tests.faults.simulation.scenario import Scenario
from tests.faults.simulation.world.process import Process
from tests.faults.simulation.world.services import Gateway, World, judge, ledger, runner


class Cluster:
    """``failures`` are errors that must not happen; ``process_names`` are those of all processes ever started."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.failures: list[str] = []
        self.process_names: list[str] = []
        self.processes: dict[str, Process] = {}
        self.gateway: Gateway | None = None
        world.faults.on_crash = self._on_crash

    def start(self, scenario: Scenario) -> None:
        counts = {"ledger": scenario.ledgers, "gateway": 1, "judge": scenario.judges, "runner": scenario.runners}
        for kind, count in counts.items():
            for number in range(count):
                self._start(f"{kind}-{number}")

    def heal(self) -> None:
        self.world.faults.stopped = True
        self.reconnect_all()
        for process in self.processes.values():
            process.resume()

    def reconnect_all(self) -> None:
        for connection in self.world.network.connections.values():
            connection.reconnect()

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()

    # --- faults

    def kill(self, name: str) -> None:
        if (process := self.processes[name]).alive:
            self.world.faults.crash(process, "a scheduled action")

    def delete_stream_store(self) -> None:
        self.world.network.delete_stream_store()

    def disconnect(self, name: str, seconds: float) -> None:
        connection = self.world.network.connections.get(self.processes[name].name)
        if connection is not None:
            connection.disconnect()
            asyncio.get_running_loop().call_later(seconds, connection.reconnect)

    def freeze(self, name: str, seconds: float) -> None:
        process = self.processes[name]
        process.suspend()
        asyncio.get_running_loop().call_later(seconds, process.resume)

    # --- restarts

    def _start(self, name: str) -> None:
        process = self.processes[name] = Process(
            f"{name}.{len(self.process_names)}" if name in self.processes else name
        )
        self.process_names.append(process.name)
        kind = name.partition("-")[0]
        if kind == "gateway":
            self.gateway = Gateway(self.world, process)
            main = self.gateway.serve()
        else:
            main = {"ledger": ledger, "runner": runner, "judge": judge}[kind](self.world, process)
        process.start(self._supervised(name, process, main))

    async def _supervised(self, name: str, process: Process, main: Coroutine[Any, Any, None]) -> None:
        """Services end by being killed only; one that ends by itself is a failure."""
        try:
            await main
        except Exception as error:
            if process.alive:
                self.failures.append(f"{process.name} ended by itself: {error!r}")
                self.world.faults.crash(process, f"its end: {error!r}")

    def _on_crash(self, process: Process) -> None:
        name = process.name.partition(".")[0]
        if self.processes.get(name) is process:
            seconds = self.world.faults.seconds(2.0)
            asyncio.get_running_loop().call_later(seconds, self._start, name, context=Context())
