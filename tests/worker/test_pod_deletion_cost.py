"""A worker in a pod keeps the number of its leases as the pod's deletion cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from assay.sandbox.kubernetes import KubernetesProvider
from assay.worker.pod_deletion_cost import ANNOTATION, keep_deletion_cost
from tests.fakes.kubernetes import FakeCluster
from tests.sandbox.harness import SPEC, wait_until


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    cluster = FakeCluster()
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("ASSAY_POD_NAMESPACE", "assay-sandboxes")
    yield cluster
    cluster.close()


async def test_the_annotation_follows_the_number_of_leases(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = [3]
    async with KubernetesProvider().open(SPEC):
        (name,) = cluster.pods
        monkeypatch.setenv("ASSAY_POD_NAME", name)
        keeping = asyncio.create_task(keep_deletion_cost(lambda: leases[0], interval_seconds=0.05))
        for count in (3, 0):
            leases[0] = count
            assert await wait_until(
                lambda count=count: cluster.pods[name]["metadata"].get("annotations") == {ANNOTATION: str(count)}
            )
        keeping.cancel()
        await asyncio.wait([keeping])
    assert sum(request.startswith("PATCH") for request in cluster.api.requests) == 2


async def test_a_failure_is_logged_once(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_POD_NAME", "assay-runner-1")
    monkeypatch.setattr("assay.worker.pod_deletion_cost._RETRY_SECONDS", 0.02)
    cluster.faults.add("forbidden")
    with capture_logs() as logs:
        keeping = asyncio.create_task(keep_deletion_cost(lambda: 1))
        assert await wait_until(lambda: len(cluster.api.requests) >= 3)
        keeping.cancel()
        await asyncio.wait([keeping])
    assert [entry["event"] for entry in logs] == ["worker.deletion_cost_not_written"]
    assert "forbidden" in logs[0]["reason"]


async def test_a_worker_that_does_not_know_its_pod_writes_nothing(cluster: FakeCluster) -> None:
    await keep_deletion_cost(lambda: 1)
    assert cluster.api.requests == []
