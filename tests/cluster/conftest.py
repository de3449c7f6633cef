"""These tests need a cluster, and change it: they run only by ``make cluster-test``."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.cluster.installation import Installation
from tests.cluster.settings import ClusterSettings

REQUESTED = os.environ.get("ASSAY_CLUSTER_TEST") == "yes"
collect_ignore_glob = [] if REQUESTED else ["test_*.py"]


@pytest.fixture(scope="session")
def settings() -> ClusterSettings:
    return ClusterSettings()


@pytest.fixture(scope="session")
def assay(settings: ClusterSettings) -> Generator[Installation]:
    """Installed once; it stays for a look at it when a test has failed, and `kubectl delete namespace` removes it."""
    installation = Installation(settings)
    try:
        installation.install()
        yield installation
    finally:
        installation.close()
