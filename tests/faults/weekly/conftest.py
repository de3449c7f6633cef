"""Faults that need root (tier W): they run with ``make faults-weekly`` only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.processes.conftest import pytest_terminal_summary
from tests.faults.weekly.power import PoweredDisk

__all__ = ["pytest_terminal_summary"]

HERE = Path(__file__).parent

Figure = Callable[[str], None]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect them (no skip) unless ``ASSAY_FAULTS`` is ``weekly``."""
    if os.environ.get("ASSAY_FAULTS") == "weekly":
        return
    here = [item for item in items if HERE in item.path.parents]
    config.hook.pytest_deselected(items=here)
    items[:] = [item for item in items if item not in here]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Record a measurement, which is printed at the end."""
    return lambda text: record_property("figure", text)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PoweredDisk]:
    assert os.geteuid() == 0, "mounting needs root"
    disk = PoweredDisk(tmp_path / "disk", size_mib=2048)
    yield disk
    disk.detach()
