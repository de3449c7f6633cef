"""A fake cluster for the tests of this folder, without faults at the start of each."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from tests.fakes.kubernetes import FakeCluster
from tests.sandbox.harness import fake_cluster, wait_until


@pytest.fixture
async def cluster(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[FakeCluster]:
    cluster = fake_cluster()
    assert await wait_until(lambda: not cluster.pods), "pods of earlier tests have terminated"
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setattr("assay.sandbox.kubernetes.cluster._PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("assay.sandbox.kubernetes.cluster._MAX_PAUSE_SECONDS", 0.01)
    cluster.api.requests.clear()
    yield cluster
    cluster.faults.clear()
