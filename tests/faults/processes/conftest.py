"""Faults on real processes under load (tier N): they take minutes and run with ``make faults`` only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.processes.stack import FaultStack, fault_stack

HERE = Path(__file__).parent

Figure = Callable[[str], None]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect them (no skip) unless ``ASSAY_FAULTS`` is ``nightly``."""
    if os.environ.get("ASSAY_FAULTS") == "nightly":
        return
    here = [item for item in items if HERE in item.path.parents]
    config.hook.pytest_deselected(items=here)
    items[:] = [item for item in items if item not in here]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Record a measurement, which is printed at the end."""
    return lambda text: record_property("figure", text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("measured")
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == "figure":
                    terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {text}")


@pytest.fixture(scope="module")
def stack() -> Iterator[FaultStack]:
    """One stack per module; a test that leaves it broken fails the next one."""
    with fault_stack() as running:
        yield running
