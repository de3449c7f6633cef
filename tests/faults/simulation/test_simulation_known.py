"""Faults of the product that the simulation found and that are not mended. A test that passes here is to be moved to the
seeds that once found something, and what makes room for the fault (``Known``, ``Odds.reads_away``) to be taken away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.simulation.invariants import NONE_KNOWN, broken
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import simulate


@pytest.mark.xfail(strict=True, reason="gateway/live: a 503 of the ledger ends a subscription, or skips facts for good")
@pytest.mark.parametrize("seed", [3, 28])
def test_a_database_that_is_away_for_a_moment_costs_a_dashboard_nothing(seed: int) -> None:
    calm = scenario_of(seed)
    assert broken(simulate(replace(calm, odds=replace(calm.odds, away=0.08, reads_away=True)))) == []


@pytest.mark.xfail(strict=True, reason="gateway/live/run_feed.py: an empty answer older than what is waited for skips it")
def test_a_fact_that_overtakes_another_while_the_ledger_is_asked_does_not_replace_it() -> None:
    assert broken(simulate(scenario_of(8125))) == []


@pytest.mark.xfail(strict=True, reason="ledger: no fact tells what a late settlement made of an attempt's own cost")
def test_what_an_attempt_cost_is_shown_although_it_was_settled_late() -> None:
    assert broken(simulate(scenario_of(3)), NONE_KNOWN) == []
