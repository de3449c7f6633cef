"""One sandbox in use: the host's end of the socket to its process 1, whatever holds that."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from msgspec import structs

from assay.contracts.sandboxspec import Connection, SandboxSpec
from assay.files import FileLimits, Files, FilesRefused, check_files
from assay.files.folders import read_folder
from assay.sandbox.errors import SandboxError, SandboxLost, SandboxNotStarted
from assay.sandbox.execution import Execution
from assay.sandbox.orders import run_order, write_order
from assay.sandbox.packed import packing, unpacked
from assay.sandbox.pipes import memory_file
from assay.sandbox.protocol import Command, CommandResult, Limit, SandboxProcess

_START_SECONDS = 30.0
_KILL_SECONDS = 10.0
"""For one that hangs: an end is heard of at once, and on a busy host process 1 may wait some seconds for its turn."""


class Holder(Protocol):
    """What keeps the room closed: bwrap, or a container."""

    def complaint(self) -> str:
        """What it says is wrong, if anything."""
        ...

    def refusal(self) -> SandboxError:
        """Why it did not start."""
        ...

    def memory_killed(self) -> bool:
        """Whether the kernel has since the last question killed something in it for its memory, and process 1 does not
        tell."""
        ...

    def kill(self) -> None:
        """All in it, at once, when process 1 does not; returns before they are dead."""
        ...

    async def close(self) -> None:
        """Until nothing in it lives."""
        ...


class Room:
    """A Sandbox. The room owns all it is given; ``environment`` is what every command has besides its own."""

    def __init__(
        self, spec: SandboxSpec, holder: Holder, control: socket.socket, environment: Mapping[str, str]
    ) -> None:
        self._spec, self._holder, self._socket, self._environment = spec, holder, control, dict(environment)
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._executions: dict[str, Execution] = {}
        self._writes: dict[str, asyncio.Future[int]] = {}
        self._orders = 0
        self._workspace = -1
        self.listener: socket.socket | None = None
        """Inside, for a proxy outside; whoever serves it takes it over."""
        self.connections: Sequence[Connection] = ()
        self._over = ""
        """Why nothing works any more, once nothing does."""
        workspace_bytes = spec.workspace_mb << 20
        self._caps = FileLimits(total_bytes=workspace_bytes, file_bytes=workspace_bytes)
        control.setblocking(False)
        self._loop.add_reader(control.fileno(), self._hear)

    async def ready(self) -> None:
        """Raises SandboxNotStarted when it did not this time, and what the holder says when it never will."""
        done, _ = await asyncio.wait([self._ready], timeout=_START_SECONDS)
        if not done:
            raise SandboxNotStarted(
                f"the sandbox did not start within {_START_SECONDS:.0f} s: {self._holder.complaint()}"
            )
        self._ready.result()

    @property
    def lives(self) -> bool:
        return not self._over

    async def close(self) -> None:
        """Process 1 ends when the socket does, and the kernel ends all others with it."""
        self._lose(SandboxLost("the sandbox is closed"))
        self._socket.close()
        try:
            await self._holder.close()
        finally:
            if self._workspace >= 0:
                os.close(self._workspace)
            if self.listener:
                self.listener.close()

    async def write(self, files: Files) -> None:
        check_files(files, self._caps)
        order = self._next_order()
        with _host_faults():
            blob = memory_file(write_order(files))
        done = self._writes[order] = self._loop.create_future()
        try:
            self._order("write", order, [blob])
        finally:
            os.close(blob)
        code = await done
        if code:
            why = os.strerror(code) if code > 0 else "what lives inside killed who wrote them"
            raise FilesRefused(f"the workspace does not take them: {why}")

    async def run(self, command: Command) -> CommandResult:
        execution = self._execute(command, live=False)
        try:
            return await execution.wait()
        except asyncio.CancelledError:
            self._end_all()
            raise

    async def read(self, patterns: Sequence[str]) -> Files:
        self._check()
        if self._workspace < 0:
            return await self._read_packed(patterns)
        return await asyncio.to_thread(read_folder, self._workspace, patterns, special="skip", limits=self._caps)

    async def _read_packed(self, patterns: Sequence[str]) -> Files:
        command, most_bytes = packing(patterns, self._caps)
        spec = structs.replace(self._spec, output_bytes=most_bytes)
        result = await self._execute(command, live=False, spec=spec).wait()
        return unpacked(result, patterns, self._caps)

    async def start(self, command: Command) -> SandboxProcess:
        execution = self._execute(command, live=True)
        await execution.write(command.stdin)
        return execution

    def locate(self, path: str) -> str:
        return path

    def _execute(self, command: Command, *, live: bool, spec: SandboxSpec | None = None) -> Execution:
        words = run_order(command, self._environment | command.env)
        order = self._next_order()
        if not self._executions:
            self._holder.memory_killed()  # before this command, and so not for it
        with _host_faults():
            told = memory_file(words)
            try:
                execution = Execution(command, spec or self._spec, live=live, end=self._end_all)
                self._executions[order] = execution
                self._order("run", order, [told, *execution.child])
                execution.started()
            finally:
                os.close(told)
        return execution

    def _end_all(self) -> None:
        with suppress(SandboxError):
            self._order("kill", "0", [])
        self._loop.call_later(_KILL_SECONDS, self._kill_if_running, list(self._executions))

    def _kill_if_running(self, orders: list[str]) -> None:
        if any(order in self._executions for order in orders):
            self._holder.kill()

    def _next_order(self) -> str:
        self._check()
        self._orders += 1
        return str(self._orders)

    def _order(self, kind: str, order: str, descriptors: list[int]) -> None:
        try:
            socket.send_fds(self._socket, [f"{kind} {order}".encode()], descriptors)
        except OSError as error:
            lost = SandboxLost(f"the sandbox takes no more orders: {error}")
            if order in self._executions:
                self._executions.pop(order).lost(lost)
            self._writes.pop(order, None)
            raise lost from error

    def _hear(self) -> None:
        """One packet of process 1; an empty one is its end."""
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._socket, 4096, 1)
        except BlockingIOError:
            return
        except ConnectionError:
            packet, descriptors = b"", list[int]()
        kind, _, rest = packet.decode("ascii", "replace").partition(" ")
        if kind == "ready":
            self._workspace = descriptors[0] if descriptors else -1
            self._ready.set_result(None)
        elif kind == "egress":
            self.listener = socket.socket(fileno=descriptors[0])
        elif kind == "limit":
            for execution in self._executions.values():
                execution.blame(Limit(rest))
        elif kind == "done":
            self._done(*rest.split(" "))
        else:
            self._lose(SandboxLost(f"the sandbox ended: {self._holder.complaint()}"))

    def _done(self, order: str, exit_code: str) -> None:
        if order in self._executions:
            execution = self._executions.pop(order)
            if self._holder.memory_killed():
                execution.blame(Limit.MEMORY)
            execution.ended(int(exit_code))
        elif (done := self._writes.pop(order, None)) and not done.done():
            done.set_result(int(exit_code))

    def _lose(self, error: SandboxLost) -> None:
        """Nothing more will be heard: whoever waits is told."""
        if self._over:
            return
        self._over = str(error)
        self._loop.remove_reader(self._socket.fileno())
        if not self._ready.done():
            self._ready.set_exception(self._holder.refusal())
            self._ready.exception()
        memory = bool(self._executions) and self._holder.memory_killed()
        for execution in self._executions.values():
            if memory:
                execution.blame(Limit.MEMORY)
            execution.lost(error)
        for done in self._writes.values():
            if not done.done():
                done.set_exception(error)
                done.exception()
        self._executions.clear()
        self._writes.clear()

    def _check(self) -> None:
        if self._over:
            raise SandboxLost(self._over)


@contextmanager
def _host_faults() -> Generator[None]:
    """Where the host runs out of descriptors or memory, that is nobody's fault inside."""
    try:
        yield
    except OSError as error:
        raise SandboxNotStarted(f"the host cannot start a command: {error}") from error
