"""Sandboxes by Docker: a fresh container each, gone with all that was in it.

Commands do not go by the daemon: process 1 is ``inside.py`` as under bubblewrap, and takes the command's own pipes over
a socket in a folder that is mounted for it. So limits, outputs and ends are the same, and a command costs no more.
The daemon must therefore be on this machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.docker.container import Container
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.folder import HostFolder, new_folder
from assay.sandbox.docker.images import Images
from assay.sandbox.docker.kernels import Kernel, Kernels
from assay.sandbox.docker.orphans import sweep
from assay.sandbox.docker.profile import ENVIRONMENT, container
from assay.sandbox.docker.services import beside
from assay.sandbox.egress import EgressProxy, Reachable, environment, is_public
from assay.sandbox.errors import SandboxError, SandboxNotStarted
from assay.sandbox.fairness import fair, peer
from assay.sandbox.protocol import Availability, Command, Mounts, Sandbox
from assay.sandbox.room import Room
from assay.sandbox.spares import Spares

DEFAULT_IMAGE = "assay/sandbox-python:latest"
_SWEEP_SECONDS = 20.0
LIMITS = {
    "wall": "the host's clock; everything in the container is killed",
    "memory": "process 1 adds up proportional memory every 25 ms and kills; a control group stands behind it",
    "cpu": "process 1 adds up all processes' time every 25 ms and kills; each process also by RLIMIT_CPU",
    "processes": "process 1 counts tasks every 25 ms and kills; 24 more by a control group",
    "workspace": "the size of its tmpfs; inodes are counted by process 1, twice as many by the tmpfs",
    "open_files": "RLIMIT_NOFILE",
    "output": "the host keeps no more; ten times as much kills",
    "network": "a network namespace with loopback alone; seccomp on socket families",
    "egress": "a proxy in the worker, for the hosts that a task names",
}


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """All that a container is made of: of those that are equal any will do."""

    spec: SandboxSpec
    image: str
    kernel: Kernel
    mounts: Mounts


@dataclass(frozen=True, kw_only=True)
class _Made:
    room: Room
    container: Container
    folder: HostFolder
    process_1: int

    @property
    def lives(self) -> bool:
        return self.room.lives


class DockerProvider:
    """``image`` is for specs that name none. What crashed workers left behind is removed when a sandbox is opened, at
    most every ``_SWEEP_SECONDS``: a service does not end by itself when its worker does. ``reachable`` says which
    addresses a way out may lead to. ``kernel`` is for tests; without, it is gVisor's where that works. ``spares`` are
    containers alone: what stands beside one is started when it is taken."""

    name = "docker"

    def __init__(
        self,
        image: str = DEFAULT_IMAGE,
        reachable: Reachable = is_public,
        kernel: Kernel | None = None,
        spares: Spares | None = None,
    ) -> None:
        self._reachable, self._spares = reachable, spares or Spares()
        self._daemon = Daemon()
        self._images = Images(self._daemon, image)
        self._kernels = Kernels(self._daemon, self._try, kernel)
        self._sweeping = asyncio.Lock()
        self._swept_seconds = -_SWEEP_SECONDS

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        async with self._open(spec, mounts, self._spares) as sandbox:
            yield sandbox

    async def check(self) -> Availability:
        try:
            async with self._open(SandboxSpec(), (), Spares()) as sandbox:
                result = await sandbox.run(Command(argv=["true"]))
        except SandboxError as error:
            return Availability(provider=self.name, available=False, reason=str(error))
        reason = "" if result.exit_code == 0 else f"cannot run a program: {result.stderr.decode(errors='replace')}"
        limits = LIMITS | {"kernel": await self._kernels.told()}
        return Availability(provider=self.name, available=not reason, reason=reason, limits=limits)

    async def _try(self, kernel: Kernel) -> None:
        async with self._under(kernel, SandboxSpec(), (), Spares()) as sandbox:
            await sandbox.write({"tried": b"yes"})
            result = await sandbox.run(Command(argv=["cat", "tried"]))
            if result.stdout != b"yes" or await sandbox.read(["tried"]) != {"tried": b"yes"}:
                raise SandboxNotStarted(f"a program in it does not find its files: {result.stderr[-300:]!r}")

    @asynccontextmanager
    async def _open(self, spec: SandboxSpec, mounts: Mounts, spares: Spares) -> AsyncGenerator[Sandbox]:
        await self._sweep()
        kernel = await self._kernels.kernel_of(spec)
        async with self._under(kernel, spec, mounts, spares) as sandbox:
            yield sandbox

    @asynccontextmanager
    async def _under(
        self, kernel: Kernel, spec: SandboxSpec, mounts: Mounts, spares: Spares
    ) -> AsyncGenerator[Sandbox]:
        """The room, and what stands beside it."""
        wanted = _Wanted(spec=spec, image=await self._images.image_of(spec), kernel=kernel, mounts=tuple(mounts))
        async with (
            spares.one(wanted, lambda: self._make(wanted)) as made,
            fair(made.process_1),
            beside(spec.services, self._daemon, made.room, made.container.id, made.folder.hosts),
            self._way_out(spec, made.room),
        ):
            yield made.room

    @asynccontextmanager
    async def _way_out(self, spec: SandboxSpec, room: Room) -> AsyncGenerator[None]:
        if room.listener is None:
            yield
            return
        proxy = EgressProxy(spec.egress, self._reachable)
        room.connections = proxy.connections
        async with proxy.serving(room.listener):
            yield

    @asynccontextmanager
    async def _make(self, wanted: _Wanted) -> AsyncGenerator[_Made]:
        folder = new_folder()
        try:
            async with self._room(wanted, folder) as made:
                yield made
        finally:
            await asyncio.to_thread(folder.remove)

    @asynccontextmanager
    async def _room(self, wanted: _Wanted, folder: HostFolder) -> AsyncGenerator[_Made]:
        spec, kernel = wanted.spec, wanted.kernel
        try:
            binds = folder.fill(wanted.mounts, spec, apart=kernel.apart)
        except OSError as error:
            raise SandboxNotStarted(f"the host has no room for a sandbox's files: {error}") from error
        holder = Container(self._daemon)
        room: Room | None = None
        try:
            await holder.start(lambda daemon: container(daemon, spec, wanted.image, binds, kernel.runtime), folder.path)
            try:
                control = await folder.accept()
            except TimeoutError:
                raise await holder.silence() from None
            room = Room(spec, holder, control, _environment(spec))
            process_1 = peer(control)
            await room.ready()
            yield _Made(room=room, container=holder, folder=folder, process_1=process_1)
        finally:
            await (room.close() if room else holder.remove())

    async def _sweep(self) -> None:
        async with self._sweeping:
            if time.monotonic() - self._swept_seconds >= _SWEEP_SECONDS:
                await self._daemon.ask(sweep, self._daemon)
                self._swept_seconds = time.monotonic()


def _environment(spec: SandboxSpec) -> dict[str, str]:
    proxied = environment([service.name for service in spec.services]) if spec.egress else {}
    return ENVIRONMENT | proxied
