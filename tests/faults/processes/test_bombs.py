"""Bombs in one sandbox, a program in the next (fault 34). Its p95 is measured in turns with the bomb and without, so
that what else the machine does falls on both; on one that is busy with other things the figures mean little."""

from __future__ import annotations

import asyncio

import pytest

from assay.sandbox import open_sandbox_provider
from bench.noisy_neighbour import BOMBS, ENDS, measure, p95
from tests.faults.processes.conftest import Figure

RATIO, DISK_MB = 1.2, 64


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("provider", ["bubblewrap", "docker"])
def test_34_a_bomb_is_named_and_its_neighbours_hardly_notice(provider: str, bomb: str, figure: Figure) -> None:
    found = asyncio.run(measure(open_sandbox_provider(provider), bomb, rounds=8))
    figure(
        f"p95 {1000 * p95(found.quiet):.0f} ms without, {1000 * p95(found.noisy):.0f} ms beside it "
        f"({found.ratio:.2f} times), {found.disk_mib:.0f} MiB of disk; it ended by {dict(found.ends)}"
    )
    assert found.ends.keys() & ENDS[bomb]
    assert found.ratio <= RATIO
    assert found.disk_mib <= DISK_MB
