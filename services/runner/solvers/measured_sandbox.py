"""An attempt's sandbox that adds up what its programs use."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.sandboxspec import Connection
from assay.files import Files
from assay.sandbox import Command, CommandResult, ResourceUse, Sandbox, SandboxProcess


class MeasuredSandbox:
    """A Sandbox. ``run`` raises SandboxStarved if the command's wall limit ended it because the host was too busy."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._running = 0
        self.used = ResourceUse()
        """By all commands that have ended, and after ``add_running`` also by those that have not."""

    @property
    def connections(self) -> Sequence[Connection]:
        return self._sandbox.connections

    async def usage(self) -> ResourceUse | None:
        return await self._sandbox.usage()

    async def add_running(self) -> None:
        """To be called at the end, when commands may have been interrupted."""
        if self._running and (used := await self._sandbox.usage()):
            self.used += used

    async def write(self, files: Files) -> None:
        await self._sandbox.write(files)

    async def run(self, command: Command) -> CommandResult:
        self._running += 1
        result = await self._sandbox.run(command)
        self._running -= 1  # not after a cancellation: what it used is not known here
        self.used += result.used
        result.raise_if_starved()
        return result

    async def read(self, patterns: Sequence[str]) -> Files:
        return await self._sandbox.read(patterns)

    async def start(self, command: Command) -> SandboxProcess:
        return await self._sandbox.start(command)

    def locate(self, path: str) -> str:
        return self._sandbox.locate(path)
