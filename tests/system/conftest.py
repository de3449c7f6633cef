"""A running system with two runners and two judges, shared by the tests that do not disturb it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.harness import Stack, running_stack


@pytest.fixture(scope="module")
def stack(dist: Path) -> Iterator[Stack]:  # served by the gateway
    with running_stack("--runners", "2", "--judges", "2") as running:
        yield running
