"""The host's side of a running sandbox: commands, files and limits, over a socket to the sandbox's process 1 (init)."""

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
from assay.sandbox.init.init_protocol import run_payload, write_payload
from assay.sandbox.pipes import memory_file
from assay.sandbox.protocol import Command, CommandResult, Limit, ResourceUse, SandboxProcess
from assay.sandbox.workspace_archive import archive_command, read_archive

_START_SECONDS = 30.0
_USAGE_SECONDS = 5.0
_KILL_SECONDS = 10.0
"""If init has not killed everything by then, the launcher does. A healthy init answers at once, but on a busy host
it may not get a CPU for seconds."""


class Launcher(Protocol):
    """The bwrap process or the container that a session runs in."""

    def diagnostics(self) -> str:
        """Its error output, if any."""
        ...

    def start_error(self) -> SandboxError:
        """Why it did not start."""
        ...

    def take_oom_kill(self) -> bool:
        """Whether, since the last call, the kernel has killed a process of the sandbox for memory without init
        reporting it."""
        ...

    def kill(self) -> None:
        """Kills every process at once, for when init does not; returns before they are dead."""
        ...

    async def close(self) -> None:
        """Returns when no process is left."""
        ...


class SandboxSession:
    """A Sandbox. Takes ownership of its arguments; ``environment`` is the base environment of every command."""

    def __init__(
        self, spec: SandboxSpec, launcher: Launcher, control: socket.socket, environment: Mapping[str, str]
    ) -> None:
        self._spec, self._launcher, self._socket, self._environment = spec, launcher, control, dict(environment)
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._executions: dict[str, Execution] = {}
        self._writes: dict[str, asyncio.Future[int]] = {}
        self._requests = 0
        self._used = ResourceUse()
        self._usage_requests: list[asyncio.Future[ResourceUse]] = []
        self._workspace = -1
        self.egress_listener: socket.socket | None = None
        """A listening socket inside the sandbox for the egress proxy, which takes ownership of it."""
        self.connections: Sequence[Connection] = ()
        self._closed_reason = ""
        """Set when the session is over; every later call raises SandboxLost with it."""
        workspace_bytes = spec.workspace_mb << 20
        self._file_limits = FileLimits(total_bytes=workspace_bytes, file_bytes=workspace_bytes)
        control.setblocking(False)
        self._loop.add_reader(control.fileno(), self._on_packet)

    async def wait_ready(self) -> None:
        """Raises SandboxNotStarted if a new try may help, otherwise the launcher's error."""
        done, _ = await asyncio.wait([self._ready], timeout=_START_SECONDS)
        if not done:
            raise SandboxNotStarted(
                f"the sandbox did not start within {_START_SECONDS:.0f} s: {self._launcher.diagnostics()}"
            )
        self._ready.result()

    @property
    def alive(self) -> bool:
        return not self._closed_reason

    async def close(self) -> None:
        """Init exits when the socket closes, and the kernel kills everything else with it."""
        self._fail(SandboxLost("the sandbox is closed"))
        self._socket.close()
        try:
            await self._launcher.close()
        finally:
            if self._workspace >= 0:
                os.close(self._workspace)
            if self.egress_listener:
                self.egress_listener.close()

    async def write(self, files: Files) -> None:
        check_files(files, self._file_limits)
        request = self._next_request()
        with _host_errors():
            archive = memory_file(write_payload(files))
        done = self._writes[request] = self._loop.create_future()
        try:
            self._send(f"write {request}", request, [archive])
        finally:
            os.close(archive)
        code = await done
        if code:
            reason = os.strerror(code) if code > 0 else "a process inside the sandbox killed the writer"
            raise FilesRefused(f"the files cannot be written to the workspace: {reason}")

    async def run(self, command: Command) -> CommandResult:
        execution = self._execute(command, live=False)
        try:
            return await execution.wait()
        except asyncio.CancelledError:
            self._kill_all()
            raise

    async def read(self, patterns: Sequence[str]) -> Files:
        self._ensure_open()
        if self._workspace < 0:
            return await self._read_archive(patterns)
        return await asyncio.to_thread(read_folder, self._workspace, patterns, special="skip", limits=self._file_limits)

    async def _read_archive(self, patterns: Sequence[str]) -> Files:
        command, max_bytes = archive_command(patterns, self._file_limits)
        spec = structs.replace(self._spec, output_bytes=max_bytes)
        result = await self._execute(command, live=False, spec=spec).wait()
        return read_archive(result, patterns, self._file_limits)

    async def start(self, command: Command) -> SandboxProcess:
        execution = self._execute(command, live=True)
        await execution.write(command.stdin)
        return execution

    def locate(self, path: str) -> str:
        return path

    async def usage(self) -> ResourceUse | None:
        answer: asyncio.Future[ResourceUse] = self._loop.create_future()
        self._usage_requests.append(answer)
        try:
            self._send("usage 0", "0", [])
            async with asyncio.timeout(_USAGE_SECONDS):
                return await answer
        except (TimeoutError, SandboxError):
            return None
        finally:
            if answer in self._usage_requests:
                self._usage_requests.remove(answer)

    async def _starved(self, elapsed_seconds: float) -> bool:
        """An init that does not answer has not got a CPU either: code inside cannot stop it."""
        used = await self.usage()
        return self.alive if used is None else used.starved(elapsed_seconds)

    def _execute(self, command: Command, *, live: bool, spec: SandboxSpec | None = None) -> Execution:
        payload = run_payload(command, self._environment | command.env)
        request = self._next_request()
        if not self._executions:
            self._launcher.take_oom_kill()  # an earlier kill must not be blamed on this command
        with _host_errors():
            payload_file = memory_file(payload)
            try:
                execution = Execution(
                    command, spec or self._spec, live=live, kill=self._kill_all, starved=self._starved
                )
                self._executions[request] = execution
                keep_bytes = 0 if live else execution.keep_bytes
                packet = f"run {request} {keep_bytes}"
                self._send(packet, request, [payload_file, *execution.child_ends])
                execution.close_child_ends()
            finally:
                os.close(payload_file)
        return execution

    def _kill_all(self) -> None:
        with suppress(SandboxError):
            self._send("kill 0", "0", [])
        self._loop.call_later(_KILL_SECONDS, self._kill_if_running, list(self._executions))

    def _kill_if_running(self, requests: list[str]) -> None:
        if any(request in self._executions for request in requests):
            self._launcher.kill()

    def _next_request(self) -> str:
        self._ensure_open()
        self._requests += 1
        return str(self._requests)

    def _send(self, packet: str, request: str, descriptors: list[int]) -> None:
        try:
            socket.send_fds(self._socket, [packet.encode()], descriptors)
        except OSError as error:
            lost = SandboxLost(f"the sandbox accepts no more requests: {error}")
            if request in self._executions:
                self._executions.pop(request).fail(lost)
            self._writes.pop(request, None)
            raise lost from error

    def _on_packet(self) -> None:
        """Reads one packet from init; an empty one means that init has exited."""
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
            self.egress_listener = socket.socket(fileno=descriptors[0])
        elif kind == "limit":
            for execution in self._executions.values():
                execution.record_limit(Limit(rest))
        elif kind == "usage":
            self._on_usage(*map(int, rest.split(" ")))
        elif kind == "done":
            self._on_done(*rest.split(" "))
        else:
            self._fail(SandboxLost(f"the sandbox ended: {self._launcher.diagnostics()}"))

    def _on_usage(self, cpu_ms: int, runnable_ms: int, peak_kib: int) -> None:
        used = ResourceUse(
            cpu_seconds=cpu_ms / 1000, runnable_seconds=runnable_ms / 1000, peak_memory_bytes=peak_kib * 1024
        )
        self._used = used
        for answer in self._usage_requests:
            if not answer.done():
                answer.set_result(used)

    def _on_done(self, request: str, exit_code: str, *dropped_bytes: str) -> None:
        """``dropped_bytes`` of stdout and stderr are those that were dropped before they got here."""
        if request in self._executions:
            execution = self._executions.pop(request)
            if self._launcher.take_oom_kill():
                execution.record_limit(Limit.MEMORY)
            execution.used = self._used
            execution.finish(int(exit_code), *map(int, dropped_bytes))
        elif (done := self._writes.pop(request, None)) and not done.done():
            done.set_result(int(exit_code))

    def _fail(self, error: SandboxLost) -> None:
        """The session is over: every pending command and write fails."""
        if self._closed_reason:
            return
        self._closed_reason = str(error)
        self._loop.remove_reader(self._socket.fileno())
        if not self._ready.done():
            self._ready.set_exception(self._launcher.start_error())
            self._ready.exception()
        memory = bool(self._executions) and self._launcher.take_oom_kill()
        for execution in self._executions.values():
            if memory:
                execution.record_limit(Limit.MEMORY)
            execution.fail(error)
        for done in self._writes.values():
            if not done.done():
                done.set_exception(error)
                done.exception()
        self._executions.clear()
        self._writes.clear()

    def _ensure_open(self) -> None:
        if self._closed_reason:
            raise SandboxLost(self._closed_reason)


@contextmanager
def _host_errors() -> Generator[None]:
    """If the host is out of descriptors or memory, the code inside is not at fault."""
    try:
        yield
    except OSError as error:
        raise SandboxNotStarted(f"the host cannot start a command: {error}") from error
