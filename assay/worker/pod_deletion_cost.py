"""Tells Kubernetes how many attempts this worker's pod is processing, so that scaling down removes idle workers first.

The deletion cost is an annotation of the worker's own pod. It is kept only if the pod is told its name, and needs the
permission to patch pods; without it, scaling down is less gentle and nothing else changes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import structlog

ANNOTATION = "controller.kubernetes.io/pod-deletion-cost"
_INTERVAL_SECONDS, _RETRY_SECONDS = 2.0, 30.0
_log = structlog.get_logger(__name__)


async def keep_deletion_cost(leases: Callable[[], int], interval_seconds: float = _INTERVAL_SECONDS) -> None:
    """Writes the number of leases whenever it has changed, until cancelled. ``ASSAY_POD_NAME`` and
    ``ASSAY_POD_NAMESPACE`` name the pod; without them it returns at once. A failure is logged once."""
    name, namespace = os.environ.get("ASSAY_POD_NAME", ""), os.environ.get("ASSAY_POD_NAMESPACE", "")
    if not name or not namespace:
        return
    written, failed = -1, False
    while True:
        count = leases()
        if count != written:
            problem = await _write(name, namespace, count)
            if problem and not failed:
                _log.warning("worker.deletion_cost_not_written", pod=name, namespace=namespace, reason=problem)
            failed = bool(problem)
            written = written if problem else count
        await asyncio.sleep(_RETRY_SECONDS if failed else interval_seconds)


async def _write(name: str, namespace: str, count: int) -> str:
    """Returns why it did not work; empty if it did."""
    try:
        from lightkube import ApiError, AsyncClient
        from lightkube.resources.core_v1 import Pod
        from lightkube.types import PatchType
    except ImportError as error:
        return f"the Kubernetes client is not installed ({error}): pip install 'assay[sandbox]'"
    change = {"metadata": {"annotations": {ANNOTATION: str(count)}}}
    try:
        async with AsyncClient(trust_env=True) as client:
            await client.patch(Pod, name, change, namespace=namespace, patch_type=PatchType.MERGE)
    except ApiError as error:
        return error.status.message or str(error)
    except Exception as error:  # whatever it is, it must not end the worker
        return repr(error)
    return ""
