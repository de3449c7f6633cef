"""The simulation can fail: for each guard removed from the ledger's SQL, some seed violates an invariant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from assay.contracts.runs import RunRequest
from tests.faults.simulation.checks.invariants import violations
from tests.faults.simulation.scenario import MODELS, PRICES, Scenario, ScheduledAction, scenario_of
from tests.faults.simulation.simulation import simulate
from tests.faults.simulation.world.model_provider import ProviderBehaviour
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres

SEEDS = 60


def frozen(seed: int) -> Scenario:
    """A runner is frozen for three leases while the others continue."""
    request = RunRequest(models=MODELS, tasks=("echo",), samples=2, prices=dict.fromkeys(MODELS, PRICES[0]))
    freeze = ScheduledAction(at=0.6, action="freeze", arguments=("runner-0", 9.5))
    slow = ProviderBehaviour(slow_seconds=3.0)
    return Scenario(seed=seed, requests=((0.0, request),), actions=(freeze,), provider=slow, heal_at=12.0)


def cancelled(seed: int) -> Scenario:
    """A run is cancelled and retried while its only judge is frozen, so that answers wait to be graded."""
    request = RunRequest(models=MODELS, tasks=("echo",), samples=4, prices=dict.fromkeys(MODELS, PRICES[0]))
    actions = (
        ScheduledAction(at=0.2, action="freeze", arguments=("judge-0", 9.5)),
        ScheduledAction(at=3.0, action="cancel", arguments=(0.0,)),
        ScheduledAction(at=5.0, action="restart"),
    )
    quick = ProviderBehaviour(slow_seconds=0.3)
    return Scenario(seed=seed, requests=((0.0, request),), actions=actions, provider=quick, heal_at=12.0)


@dataclass(frozen=True)
class Mutant:
    """``replacements``: regular expressions and their replacements, in every SQL statement. ``seed`` violates an
    invariant and is tried first."""

    name: str
    seed: int
    replacements: dict[str, str]
    scenario: Callable[[int], Scenario] = scenario_of

    def __str__(self) -> str:
        return self.name


MUTANTS = (
    Mutant(
        "duplicate reports take effect",
        1,
        {
            r"(INSERT INTO inbox .*)ON CONFLICT DO NOTHING": (
                r"\1ON CONFLICT (message_id) DO UPDATE SET digest = excluded.digest"
            )
        },
    ),
    Mutant(
        "reports under an old token take effect",
        9,
        {r"a\.token = u\.token AND (a\.state = '(running|grading)')": r"\1"},
        frozen,
    ),
    Mutant(
        "a running attempt can be claimed by another worker",
        32,
        {r"AND a\.worker_id = \$3\)\)": "))", r"old\.worker_id": "new.worker_id"},
    ),
    Mutant(
        "an expired lease keeps its token valid",
        6,
        {r"token = a\.token \+ 1(, lease_until = NULL.*lost\.reason)": r"token = a.token\1"},
    ),
    Mutant(
        "holds are not checked against limits",
        13,
        {r"SELECT account, amount, amount FROM": "SELECT account, NULL::bigint, NULL::bigint FROM"},
    ),
    Mutant(
        "holds of lost tries are not settled",
        6,
        {r"WHERE h\.state = 'held' AND \(a\.token": r"WHERE false AND (a.token"},
    ),
    Mutant(
        "a published order counts as claimed",
        4,
        {
            r"UPDATE pending_orders o SET published_at = clock_timestamp\(\), publishes = o.publishes \+ 1\s+FROM": (
                "DELETE FROM pending_orders o USING"
            ),
            r"WHERE r\.finished_at IS NULL AND r\.n_queued": "WHERE false AND r.n_queued",
        },
    ),
    Mutant(
        "lost orders are not published again",
        4,
        {
            r"(SET published_at = NULL, urgent = false\s+WHERE) published_at": r"\1 false AND published_at",
        },
    ),
    Mutant(
        "answers of cancelled runs are discarded",
        1,
        {r"AND \(r\.cancel_grading = 'none' OR \(a\.model_graded AND r\.cancel_grading <> 'all'\)\)": ""},
        cancelled,
    ),
    Mutant(
        "a retry executes attempts that have an answer",
        1,
        {r"AND a\.run_id = \$2 AND r\.expired_at IS NULL": "AND a.run_id = $2 AND false"},
        cancelled,
    ),
    Mutant("leases never expire", 6, {r"WHERE lease_until < statement_timestamp\(\) ORDER": "WHERE false ORDER"}),
    Mutant("claimed orders are not removed", 0, {r"o\.token <= u\.token AND o\.stage = \$3": "false"}),
    Mutant(
        "idempotency keys are not looked up",
        14,
        {r"WHERE idempotency_key = \$1": "WHERE false AND idempotency_key = $1"},
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_removed_guard_is_detected(mutant: Mutant, virtual_postgres: VirtualPostgres) -> None:
    matches = dict.fromkeys(mutant.replacements, 0)
    known: dict[str, str] = {}

    def rewrite(statement: str) -> str:
        if statement not in known:
            known[statement] = statement
            for pattern, replacement in mutant.replacements.items():
                known[statement], count = re.subn(pattern, replacement, known[statement], flags=re.DOTALL)
                matches[pattern] += count
        return known[statement]

    for seed in (mutant.seed, *range(SEEDS)):
        virtual_postgres.rewrite = rewrite
        broken = violations(simulate(mutant.scenario(seed), virtual_postgres))
        if broken:
            break
    else:
        pytest.fail("no seed violates an invariant")
    assert all(matches.values()), matches
    assert not [text for text in broken if "SyntaxError" in text]


def test_with_all_guards_the_same_scenarios_violate_nothing(virtual_postgres: VirtualPostgres) -> None:
    for scenario in (frozen, cancelled):
        assert [seed for seed in range(5) if violations(simulate(scenario(seed), virtual_postgres))] == []
