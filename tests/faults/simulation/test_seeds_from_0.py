"""Forty seeds: all invariants hold after recovery, whatever faults were injected. ``make faults`` runs 2,000."""

from __future__ import annotations

import pytest

from tests.faults.simulation.seeds import assert_invariants_hold
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres


@pytest.mark.parametrize("first", range(0, 40, 20))
def test_invariants_hold_in_twenty_seeds(first: int, virtual_postgres: VirtualPostgres) -> None:
    assert_invariants_hold(range(first, first + 20), virtual_postgres)
