"""One running system, with two runners and two judges, for all tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.harness import Stack, running_stack


@pytest.fixture(scope="module")
def stack(dist: Path) -> Iterator[Stack]:  # the gateway serves it
    with running_stack("--runners", "2", "--judges", "2") as running:
        yield running
