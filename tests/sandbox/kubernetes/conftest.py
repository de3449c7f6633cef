"""A fake cluster for the tests of this folder, without faults at the start of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.kubernetes import FakeCluster
from tests.sandbox.harness import fake_cluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    cluster = fake_cluster()
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setattr("assay.sandbox.kubernetes.cluster._PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("assay.sandbox.kubernetes.cluster._MAX_PAUSE_SECONDS", 0.01)
    cluster.api.requests.clear()
    yield cluster
    cluster.faults.clear()
