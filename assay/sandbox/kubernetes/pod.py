"""One pod, from creation to deletion."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

import structlog
from lightkube.resources.core_v1 import Pod

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox.errors import SandboxError, SandboxNotStarted
from assay.sandbox.kubernetes.cluster import Cluster, QuotaExhausted
from assay.sandbox.kubernetes.pod_manifest import RELAY, SANDBOX, container_of, pod_manifest
from assay.sandbox.kubernetes.pod_status import all_started, describe, has_ended, out_of_memory, start_problem
from assay.sandbox.kubernetes.settings import KubernetesSettings

_log = structlog.get_logger(__name__)
_WATCH_PAUSE_SECONDS, _QUOTA_PAUSE_SECONDS = 0.3, 1.0
_ENDING_SECONDS, _POLL_SECONDS = 5.0, 0.2
"""How long after its connection broke a container's end may take to appear in the pod's status."""


class SandboxPod:
    """A Launcher."""

    def __init__(self, cluster: Cluster, settings: KubernetesSettings, labels: Mapping[str, str]) -> None:
        self._cluster, self._settings, self._labels = cluster, settings, labels
        self.name = f"assay-sandbox-{secrets.token_hex(8)}"
        self._created = self._out_of_memory = False
        self._state, self._symptom = "not created", ""
        self._deleting: asyncio.Task[None] | None = None

    async def start(self, spec: SandboxSpec, mounts: Sequence[tuple[str, int]]) -> None:
        """Returns when all containers have started."""
        manifest = pod_manifest(self.name, spec, self._settings, mounts, self._labels)
        try:
            async with asyncio.timeout(self._settings.start_seconds):
                while not await self._create(manifest):  # noqa: ASYNC110
                    await asyncio.sleep(_QUOTA_PAUSE_SECONDS)
                await self._wait_started([SANDBOX, RELAY, *map(container_of, spec.services)])
        except TimeoutError:
            raise SandboxNotStarted(
                f"the pod {self.name} did not start within {self._settings.start_seconds:.0f} s: {self._state}"
            ) from None

    async def _create(self, manifest: Mapping[str, Any]) -> bool:
        """Returns whether the quota had room for it."""
        creating = asyncio.ensure_future(self._cluster.create(manifest))
        self._created = True
        try:
            await asyncio.shield(creating)
        except QuotaExhausted as error:
            self._state = str(error)
            return False
        except asyncio.CancelledError:
            await asyncio.wait([creating])  # only then a deletion finds it
            raise
        return True

    async def _wait_started(self, containers: Sequence[str]) -> None:
        while True:
            async with aclosing(self._cluster.watch(self.name)) as states:
                async for pod in states:
                    self._state = describe(pod)
                    if problem := start_problem(pod, (SANDBOX, RELAY)):
                        raise problem
                    if all_started(pod, containers):
                        return
            await asyncio.sleep(_WATCH_PAUSE_SECONDS)

    async def examine(self, symptom: str) -> None:
        """Reads why it ended; to be called before the session learns that it has."""
        self._symptom = symptom
        try:
            async with asyncio.timeout(_ENDING_SECONDS):
                while not self._read_state(await self._cluster.get(self.name)):  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)
        except (TimeoutError, SandboxError) as error:
            if isinstance(error, SandboxError):
                self._state = f"the pod is gone ({error})"

    def _read_state(self, pod: Pod) -> bool:
        """Whether its status shows the end."""
        self._state = describe(pod)
        self._out_of_memory = out_of_memory(pod, SANDBOX)
        return has_ended(pod, SANDBOX) or bool(pod.status and pod.status.phase == "Failed")

    async def is_running(self, container: str) -> bool:
        return not has_ended(await self._cluster.get(self.name), container)

    async def logs(self, container: str) -> str:
        return await self._cluster.logs(self.name, container)

    def diagnostics(self) -> str:
        return f"pod {self.name}: {'; '.join(filter(None, (self._symptom, self._state)))}"

    def start_error(self) -> SandboxError:
        return SandboxNotStarted(f"init ended before it was ready; {self.diagnostics()}")

    def take_oom_kill(self) -> bool:
        """Init reports the kernel's kills itself, unless the kernel kills the whole container."""
        found, self._out_of_memory = self._out_of_memory, False
        return found

    def kill(self) -> None:
        self._delete_later()

    async def close(self) -> None:
        """Returns once the cluster is deleting it, whatever happens to the caller. If it cannot be reached, the pod
        ends by itself, because its relay hears nothing more, and a later sweep deletes it."""
        if self._created:
            self._delete_later()
            assert self._deleting
            await asyncio.shield(self._deleting)

    def _delete_later(self) -> None:
        if self._deleting is None:
            self._deleting = asyncio.ensure_future(self._delete())

    async def _delete(self) -> None:
        try:
            await self._cluster.delete(self.name)
        except SandboxError as error:
            _log.warning("sandbox.pod_not_deleted", pod=self.name, error=str(error))
