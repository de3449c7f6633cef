"""Sixty seeds: whatever goes wrong on the way, all is well in the end."""

from __future__ import annotations

import pytest

from tests.faults.simulation.postgres import VirtualPostgres
from tests.faults.simulation.seeds import assert_end_well


@pytest.mark.parametrize("first", range(180, 240, 20))
def test_twenty_seeds_end_well(first: int, virtual: VirtualPostgres) -> None:
    assert_end_well(range(first, first + 20), virtual)
