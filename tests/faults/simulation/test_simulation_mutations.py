"""The simulation can fail: with any one guard off in the ledger's SQL, some seed notices."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from assay.contracts.runs import RunRequest
from tests.faults.simulation.invariants import broken
from tests.faults.simulation.postgres import VirtualPostgres
from tests.faults.simulation.provider import Manners
from tests.faults.simulation.scenario import MODELS, PRICES, Deed, Scenario, scenario_of
from tests.faults.simulation.simulation import simulate

SEEDS = 60


def frozen(seed: int) -> Scenario:
    """A runner is stopped for three leases while others go on."""
    request = RunRequest(models=MODELS, tasks=("echo",), samples=2, prices=dict.fromkeys(MODELS, PRICES[0]))
    freeze = Deed(at=0.6, what="freeze", arguments=("runner-0", 9.5))
    slow = Manners(slow_seconds=3.0)
    return Scenario(seed=seed, requests=((0.0, request),), deeds=(freeze,), manners=slow, heal_at=12.0)


@dataclass(frozen=True)
class Mutant:
    """``replacements`` are regular expressions and what stands in their place, in every statement. ``seed`` is one that
    noticed, and is tried first."""

    name: str
    seed: int
    replacements: dict[str, str]
    scenario: Callable[[int], Scenario] = scenario_of

    def __str__(self) -> str:
        return self.name


MUTANTS = (
    Mutant(
        "a report takes effect each time it comes",
        1,
        {
            r"(INSERT INTO inbox .*)ON CONFLICT DO NOTHING": (
                r"\1ON CONFLICT (message_id) DO UPDATE SET digest = excluded.digest"
            )
        },
    ),
    Mutant(
        "a report counts under whatever token",
        16,
        {r"a\.token = u\.token AND (a\.state = '(running|grading)')": r"\1"},
        frozen,
    ),
    Mutant(
        "an attempt under way is claimed by others",
        32,
        {r"AND a\.worker_id = \$3\)\)": "))", r"old\.worker_id": "new.worker_id"},
    ),
    Mutant(
        "a lost lease leaves its token valid",
        6,
        {r"token = a\.token \+ 1(, lease_until = NULL.*lost\.reason)": r"token = a.token\1"},
    ),
    Mutant(
        "money is held whether there is room for it or not",
        13,
        {r"SELECT account, amount, amount FROM": "SELECT account, NULL::bigint, NULL::bigint FROM"},
    ),
    Mutant("holds of lost tries stay", 6, {r"WHERE h\.state = 'held' AND \(a\.token": r"WHERE false AND (a.token"}),
    Mutant(
        "a published order is as good as claimed",
        4,
        {
            r"UPDATE pending_orders o SET published_at = clock_timestamp\(\), publishes = o.publishes \+ 1\s+FROM": (
                "DELETE FROM pending_orders o USING"
            ),
            r"WHERE r\.finished_at IS NULL AND r\.n_queued": "WHERE false AND r.n_queued",
        },
    ),
    Mutant(
        "an order that was lost is not published again",
        4,
        {
            r"(SET published_at = NULL, urgent = false\s+WHERE) published_at": r"\1 false AND published_at",
        },
    ),
    Mutant("leases do not run out", 6, {r"WHERE lease_until < statement_timestamp\(\) ORDER": "WHERE false ORDER"}),
    Mutant("orders outlive their claims", 0, {r"o\.token <= u\.token AND o\.stage = \$3": "false"}),
    Mutant(
        "an idempotency key is not looked up",
        0,
        {r"WHERE idempotency_key = \$1": "WHERE false AND idempotency_key = $1"},
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_guard_that_is_off_is_noticed(mutant: Mutant, virtual: VirtualPostgres) -> None:
    used = dict.fromkeys(mutant.replacements, 0)
    known: dict[str, str] = {}

    def rewrite(statement: str) -> str:
        if statement not in known:
            known[statement] = statement
            for pattern, replacement in mutant.replacements.items():
                known[statement], number = re.subn(pattern, replacement, known[statement], flags=re.DOTALL)
                used[pattern] += number
        return known[statement]

    for seed in (mutant.seed, *range(SEEDS)):
        virtual.rewrite = rewrite
        found = broken(simulate(mutant.scenario(seed), virtual))
        if found:
            break
    else:
        pytest.fail("no seed noticed")
    assert all(used.values()), used
    assert not [text for text in found if "SyntaxError" in text]


def test_with_every_guard_on_the_same_seeds_end_well(virtual: VirtualPostgres) -> None:
    assert [seed for seed in range(5) if broken(simulate(frozen(seed), virtual))] == []
