"""Deletes the pods that workers which crashed or lost the cluster left behind.

A pod's relay ends a minute after it last heard from its worker, and the code inside ends with it. So nothing must be
known about workers: a pod whose relay has ended, or which is too old, belongs to nobody.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from lightkube.resources.core_v1 import Pod

from assay.sandbox.errors import SandboxError
from assay.sandbox.kubernetes.cluster import Cluster
from assay.sandbox.kubernetes.labels import POD_LABELS
from assay.sandbox.kubernetes.pod_manifest import RELAY
from assay.sandbox.kubernetes.pod_status import has_ended
from assay.sandbox.kubernetes.settings import KubernetesSettings

_log = structlog.get_logger(__name__)
_GRACE = timedelta(seconds=60)
"""A pod may have ended because its worker is just deleting it."""


async def sweep(cluster: Cluster, settings: KubernetesSettings, now: datetime | None = None) -> int:
    """Returns the number of deleted pods."""
    deleted = 0
    for pod in await cluster.pods(POD_LABELS):
        if pod.metadata and pod.metadata.name and is_orphan(pod, settings, now or datetime.now(UTC)):
            with suppress(SandboxError):
                await cluster.delete(pod.metadata.name)
                _log.info("sandbox.orphan_deleted", pod=pod.metadata.name, labels=pod.metadata.labels)
                deleted += 1
    return deleted


def is_orphan(pod: Pod, settings: KubernetesSettings, now: datetime) -> bool:
    meta, status = pod.metadata, pod.status
    if not meta or not meta.creationTimestamp or meta.deletionTimestamp:
        return False
    age = now - meta.creationTimestamp
    phase = status.phase if status else None
    if phase in ("Succeeded", "Failed") or has_ended(pod, RELAY):
        return age > _GRACE and now - _ended_at(pod, meta.creationTimestamp) > _GRACE
    if phase == "Pending":
        return age > timedelta(seconds=settings.start_seconds) + 2 * _GRACE
    return age > timedelta(seconds=settings.deadline_seconds) + _GRACE


def _ended_at(pod: Pod, default: datetime) -> datetime:
    """When its last container ended that has."""
    states = [each.state for each in (pod.status.containerStatuses if pod.status else None) or []]
    ends = [state.terminated.finishedAt for state in states if state and state.terminated]
    return max((end for end in ends if end), default=default)
