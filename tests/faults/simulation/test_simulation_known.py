"""Faults of the product that the simulation found and that are not mended. A test that passes here is to be moved to
the seeds that once found something; what makes room for the fault (``Known``) is to go then."""

from __future__ import annotations

import pytest

from tests.faults.simulation.invariants import NONE_KNOWN, broken
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import simulate


@pytest.mark.xfail(strict=True, reason="ledger: no fact tells what a late settlement made of an attempt's own cost")
def test_what_an_attempt_cost_is_shown_although_it_was_settled_late() -> None:
    assert broken(simulate(scenario_of(3)), NONE_KNOWN) == []
