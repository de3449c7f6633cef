"""Sandboxes made by Kubernetes: a fresh pod each (decision 31).

Init in the pod works as it does in a Docker container. Its socket is not on this machine, so a second container of the
pod, the relay, has it and exchanges frames with this process over the API server's exec connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from assay.contracts.sandboxspec import SandboxSpec, Service
from assay.sandbox.egress import EgressProxy, Reachable, is_public, proxy_environment
from assay.sandbox.errors import SandboxError, SandboxNotStarted, SpecUnsupported
from assay.sandbox.init.init_protocol import BASE_ENVIRONMENT
from assay.sandbox.kubernetes.bridge import Bridge
from assay.sandbox.kubernetes.cluster import Cluster
from assay.sandbox.kubernetes.exec_channel import ExecChannel, run_to_end
from assay.sandbox.kubernetes.labels import pod_labels
from assay.sandbox.kubernetes.mounted_files import MountedFiles, mount_frames, program_frames, read_mounts, sockets_of
from assay.sandbox.kubernetes.network import check_services, cut_off_check, policy_warning
from assay.sandbox.kubernetes.orphans import sweep
from assay.sandbox.kubernetes.pod import SandboxPod
from assay.sandbox.kubernetes.pod_manifest import RELAY, RELAY_COMMAND, container_of
from assay.sandbox.kubernetes.relay_protocol import Frame
from assay.sandbox.kubernetes.settings import KubernetesSettings, Network
from assay.sandbox.limits import CGROUP_LIMITS, INIT_LIMITS
from assay.sandbox.protocol import Availability, Command, Mounts, Sandbox
from assay.sandbox.service_readiness import wait_ready
from assay.sandbox.session import SandboxSession
from assay.sandbox.warm_pool import WarmPool

_SWEEP_SECONDS = 300.0
_POLICY_CHECKS, _POLICY_PAUSE_SECONDS = 5, 0.5
LIMITS = (
    INIT_LIMITS
    | CGROUP_LIMITS
    | {
        "wall": "the worker's clock; kills everything in the container",
        "workspace": "the size of its volume in memory; init counts inodes",
        "output": "the relay drops output above the limit, at 50 MB/s at most",
        "egress": "a proxy in the worker, for the hosts that the task names",
    }
)


@dataclass(frozen=True, kw_only=True)
class _PodKey:
    """Everything that defines a pod: two with equal keys are interchangeable."""

    spec: SandboxSpec
    mounts: Mounts


@dataclass(frozen=True, kw_only=True)
class _OpenPod:
    session: SandboxSession
    pod: SandboxPod
    own_network: bool
    cut_off: str

    @property
    def alive(self) -> bool:
        return self.session.alive


class KubernetesProvider:
    """Opening a sandbox deletes pods that nobody owns, at most every ``_SWEEP_SECONDS``. ``reachable`` decides which
    addresses egress may lead to. Pods in ``warm_pool`` have started with their services."""

    name = "kubernetes"

    def __init__(
        self,
        settings: KubernetesSettings | None = None,
        reachable: Reachable = is_public,
        warm_pool: WarmPool | None = None,
    ) -> None:
        self._settings = settings or KubernetesSettings()
        self._reachable, self._warm_pool = reachable, warm_pool or WarmPool()
        self._cluster = Cluster(self._settings.namespace)
        self._next_sweep = 0.0

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        await self._sweep()
        key = _PodKey(spec=spec, mounts=tuple(mounts))
        async with (
            self._warm_pool.acquire(key, lambda: self._create(spec, mounts)) as opened,
            self._egress(spec, opened.session),
        ):
            await asyncio.gather(*(self._wait_ready(service, opened) for service in spec.services))
            yield opened.session

    async def check(self) -> Availability:
        """Also says whether the cluster cuts sandboxes off from the network. On connections of its own, which end with
        it, as the event loop may."""
        checked = KubernetesProvider(self._settings)
        try:
            return await checked._check()
        except SandboxError as error:
            return Availability(provider=self.name, available=False, reason=str(error))
        finally:
            await checked._cluster.close()

    async def _check(self) -> Availability:
        async with self._create(SandboxSpec(), ()) as opened:
            result = await opened.session.run(Command(argv=["true"]))
        warning = await policy_warning(self._cluster)
        reason = "" if result.exit_code == 0 else f"cannot run a program: {result.stderr.decode(errors='replace')}"
        limits = LIMITS | {"network": opened.cut_off}
        return Availability(provider=self.name, available=not reason, reason=reason, limits=limits, warning=warning)

    @asynccontextmanager
    async def _create(self, spec: SandboxSpec, mounts: Mounts) -> AsyncGenerator[_OpenPod]:
        mounted = await asyncio.to_thread(read_mounts, mounts)
        check_services(spec, self._settings)
        labels = pod_labels(for_attempt=not self._warm_pool.enabled)
        pod = SandboxPod(self._cluster, self._settings, labels)
        try:
            await pod.start(spec, [(each.path, each.size_bytes) for each in mounted])
            async with self._connect(pod, spec, mounted) as opened:
                yield opened
        finally:
            await pod.close()

    @asynccontextmanager
    async def _connect(
        self, pod: SandboxPod, spec: SandboxSpec, mounted: Sequence[MountedFiles]
    ) -> AsyncGenerator[_OpenPod]:
        """Starts the relay, and through it init."""
        channel = ExecChannel(self._cluster, pod.name, RELAY, lambda data: bridge.feed(data))
        bridge = Bridge(channel.send, pod.examine, sockets_of(mounted))
        channel.ended.add_done_callback(lambda ended: bridge.lose(ended.result()))
        session: SandboxSession | None = None
        try:
            await channel.open(RELAY_COMMAND)
            session = SandboxSession(spec, pod, bridge.control, _environment(spec))
            without_ip = await self._start_init(bridge, channel, spec, mounted)
            await session.wait_ready()
            own_network = await bridge.own_network
            cut_off = cut_off_check(spec, own_network=own_network, without_ip=without_ip)
            yield _OpenPod(session=session, pod=pod, own_network=own_network, cut_off=cut_off)
        finally:
            if session:
                await session.close()
            else:
                bridge.control.close()
            await bridge.close()
            await channel.close()

    async def _start_init(
        self, bridge: Bridge, channel: ExecChannel, spec: SandboxSpec, mounted: Sequence[MountedFiles]
    ) -> bool:
        """Returns whether init denies IP sockets unless it gets a network of its own."""
        network = self._settings.network
        reached = network is Network.AUTO and await self._network_reached(bridge, spec)
        without_ip = network is Network.SOCKETS or reached
        own_network = not spec.services
        if without_ip and spec.services:
            raise SpecUnsupported(
                f"the service {spec.services[0].name} needs the loopback interface, but the cluster does not enforce a "
                "network policy for this namespace: the pod can reach the API server"
            )
        for frame in await asyncio.to_thread(lambda: list(mount_frames(mounted))):
            channel.send(frame)
        for frame in program_frames(spec, own_network=own_network, without_ip=without_ip):
            channel.send(frame)
        bridge.send(Frame.GO)
        return without_ip

    async def _network_reached(self, bridge: Bridge, spec: SandboxSpec) -> bool:
        """Some network plugins cut a pod off a moment after it has started; tasks that need IP sockets wait
        for that."""
        for _ in range(_POLICY_CHECKS if spec.services or spec.egress else 0):
            if not await bridge.network_reached():
                return False
            await asyncio.sleep(_POLICY_PAUSE_SECONDS)
        return await bridge.network_reached()

    @asynccontextmanager
    async def _egress(self, spec: SandboxSpec, session: SandboxSession) -> AsyncGenerator[None]:
        if session.egress_listener is None:
            yield
            return
        proxy = EgressProxy(spec.egress, self._reachable)
        session.connections = proxy.connections
        async with proxy.serving(session.egress_listener):
            yield

    async def _wait_ready(self, service: Service, opened: _OpenPod) -> None:
        await wait_ready(service, _ServiceContainer(self._cluster, opened.pod, service), opened.session)

    async def _sweep(self) -> None:
        if time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + _SWEEP_SECONDS
            with suppress(SandboxNotStarted):  # an outage shows when the pod is created
                await sweep(self._cluster, self._settings)


class _ServiceContainer:
    """A ServiceContainer in a pod."""

    def __init__(self, cluster: Cluster, pod: SandboxPod, service: Service) -> None:
        self._cluster, self._pod, self._name = cluster, pod, container_of(service)

    async def run(self, command: Sequence[str]) -> int:
        return await run_to_end(self._cluster, self._pod.name, self._name, command)

    async def is_running(self) -> bool:
        return await self._pod.is_running(self._name)

    async def logs(self) -> str:
        return await self._pod.logs(self._name)


def _environment(spec: SandboxSpec) -> dict[str, str]:
    proxy_variables = proxy_environment([service.name for service in spec.services]) if spec.egress else {}
    return BASE_ENVIRONMENT | proxy_variables
