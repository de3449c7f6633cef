"""Sandboxes made by Docker: a fresh container each.

Commands do not go through the daemon: init (``init.py``, as under bubblewrap) receives the command's pipes over a
socket in a mounted folder. So limits and outputs work the same, and a command costs no more. The daemon must therefore
be on this machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.contracts.tasks import SandboxSpec
from assay.sandbox.cpu_shares import balance_cpu, peer_pid
from assay.sandbox.docker.container import Container
from assay.sandbox.docker.container_config import container_config
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.host_folder import HostFolder, new_folder
from assay.sandbox.docker.images import Images
from assay.sandbox.docker.orphans import sweep
from assay.sandbox.docker.runtimes import Runtime, RuntimeSelector
from assay.sandbox.docker.services import run_services
from assay.sandbox.egress import EgressProxy, Reachable, is_public, proxy_environment
from assay.sandbox.errors import SandboxError, SandboxNotStarted
from assay.sandbox.init.init_protocol import BASE_ENVIRONMENT
from assay.sandbox.limits import CGROUP_LIMITS, INIT_LIMITS
from assay.sandbox.protocol import Availability, Command, Mounts, Sandbox
from assay.sandbox.session import SandboxSession
from assay.sandbox.warm_pool import WarmPool

DEFAULT_IMAGE = "assay/sandbox-python:latest"
_SWEEP_SECONDS = 20.0
LIMITS = (
    INIT_LIMITS
    | CGROUP_LIMITS
    | {
        "wall": "the host's clock; kills everything in the container",
        "workspace": "the size of its tmpfs; init counts inodes, backed up by the tmpfs at twice the limit",
        "egress": "a proxy in the worker, for the hosts that the task names",
    }
)


@dataclass(frozen=True, kw_only=True)
class _ContainerKey:
    """Everything that defines a container: two with equal keys are interchangeable."""

    spec: SandboxSpec
    image: str
    runtime: Runtime
    mounts: Mounts


@dataclass(frozen=True, kw_only=True)
class _OpenContainer:
    session: SandboxSession
    launcher: Container
    folder: HostFolder
    init_pid: int

    @property
    def alive(self) -> bool:
        return self.session.alive


class DockerProvider:
    """``image`` is for specs that name none. Opening a sandbox removes what crashed workers left behind, at most
    every ``_SWEEP_SECONDS``: a service does not end by itself when its worker does. ``reachable`` decides which
    addresses egress may lead to. ``runtime`` is for tests; by default it is gVisor if that works. ``warm_pool`` has
    containers only: their services start when they are taken."""

    name = "docker"

    def __init__(
        self,
        image: str = DEFAULT_IMAGE,
        reachable: Reachable = is_public,
        runtime: Runtime | None = None,
        warm_pool: WarmPool | None = None,
    ) -> None:
        self._reachable, self._warm_pool = reachable, warm_pool or WarmPool()
        self._daemon = Daemon()
        self._images = Images(self._daemon, image)
        self._runtimes = RuntimeSelector(self._daemon, self._probe_runtime, runtime)
        self._sweep_lock = asyncio.Lock()
        self._last_sweep = -_SWEEP_SECONDS

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        async with self._open(spec, mounts, self._warm_pool) as sandbox:
            yield sandbox

    async def check(self) -> Availability:
        try:
            async with self._open(SandboxSpec(), (), WarmPool()) as sandbox:
                result = await sandbox.run(Command(argv=["true"]))
        except SandboxError as error:
            return Availability(provider=self.name, available=False, reason=str(error))
        reason = "" if result.exit_code == 0 else f"cannot run a program: {result.stderr.decode(errors='replace')}"
        limits = LIMITS | {"kernel": await self._runtimes.describe()}
        return Availability(provider=self.name, available=not reason, reason=reason, limits=limits)

    async def _probe_runtime(self, runtime: Runtime) -> None:
        async with self._open_under(runtime, SandboxSpec(), (), WarmPool()) as sandbox:
            await sandbox.write({"probe": b"yes"})
            result = await sandbox.run(Command(argv=["cat", "probe"]))
            if result.stdout != b"yes" or await sandbox.read(["probe"]) != {"probe": b"yes"}:
                raise SandboxNotStarted(f"a command does not see the workspace's files: {result.stderr[-300:]!r}")

    @asynccontextmanager
    async def _open(self, spec: SandboxSpec, mounts: Mounts, warm_pool: WarmPool) -> AsyncGenerator[Sandbox]:
        await self._sweep()
        runtime = await self._runtimes.runtime_for(spec)
        async with self._open_under(runtime, spec, mounts, warm_pool) as sandbox:
            yield sandbox

    @asynccontextmanager
    async def _open_under(
        self, runtime: Runtime, spec: SandboxSpec, mounts: Mounts, warm_pool: WarmPool
    ) -> AsyncGenerator[Sandbox]:
        """Opens the session with its services and egress."""
        key = _ContainerKey(spec=spec, image=await self._images.image_for(spec), runtime=runtime, mounts=tuple(mounts))
        async with (
            warm_pool.acquire(key, lambda: self._create(key)) as opened,
            balance_cpu(opened.init_pid),
            run_services(spec.services, self._daemon, opened.session, opened.launcher.id, opened.folder.hosts),
            self._egress(spec, opened.session),
        ):
            yield opened.session

    @asynccontextmanager
    async def _egress(self, spec: SandboxSpec, session: SandboxSession) -> AsyncGenerator[None]:
        if session.egress_listener is None:
            yield
            return
        proxy = EgressProxy(spec.egress, self._reachable)
        session.connections = proxy.connections
        async with proxy.serving(session.egress_listener):
            yield

    @asynccontextmanager
    async def _create(self, key: _ContainerKey) -> AsyncGenerator[_OpenContainer]:
        folder = new_folder()
        try:
            async with self._start(key, folder) as opened:
                yield opened
        finally:
            await asyncio.to_thread(folder.remove)

    @asynccontextmanager
    async def _start(self, key: _ContainerKey, folder: HostFolder) -> AsyncGenerator[_OpenContainer]:
        spec, runtime = key.spec, key.runtime
        try:
            binds = folder.prepare(key.mounts, spec, separate_kernel=runtime.separate_kernel)
        except OSError as error:
            raise SandboxNotStarted(f"the sandbox's files cannot be written on the host: {error}") from error
        launcher = Container(self._daemon)
        session: SandboxSession | None = None
        try:
            await launcher.start(
                lambda daemon: container_config(daemon, spec, key.image, binds, runtime.name), folder.path
            )
            try:
                control = await folder.accept()
            except TimeoutError:
                raise await launcher.connect_error() from None
            session = SandboxSession(spec, launcher, control, _environment(spec))
            init_pid = peer_pid(control)
            await session.wait_ready()
            yield _OpenContainer(session=session, launcher=launcher, folder=folder, init_pid=init_pid)
        finally:
            await (session.close() if session else launcher.remove())

    async def _sweep(self) -> None:
        async with self._sweep_lock:
            if time.monotonic() - self._last_sweep >= _SWEEP_SECONDS:
                await self._daemon.call(sweep, self._daemon)
                self._last_sweep = time.monotonic()


def _environment(spec: SandboxSpec) -> dict[str, str]:
    proxy_variables = proxy_environment([service.name for service in spec.services]) if spec.egress else {}
    return BASE_ENVIRONMENT | proxy_variables
