"""These tests build images and start containers of their own: they run only by ``make compose-test``."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.compose.installation import Installation

REQUESTED = os.environ.get("ASSAY_COMPOSE_TEST") == "yes"
collect_ignore_glob = [] if REQUESTED else ["test_*.py"]


@pytest.fixture(scope="session")
def assay(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """Two ledgers and two runners with Docker sandboxes, and Prometheus; removed with its data at the end, unless
    ``ASSAY_COMPOSE_KEEP`` is set."""
    installation = Installation(tmp_path_factory.mktemp("deploy"))
    try:
        installation.install()
        yield installation
    finally:
        if not os.environ.get("ASSAY_COMPOSE_KEEP"):
            installation.remove()


@pytest.fixture(scope="session")
def results() -> Path:
    """Where the times of the cases are written."""
    return Path(os.environ.get("ASSAY_COMPOSE_RESULTS", ".assay/compose-test.md"))
