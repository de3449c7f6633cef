"""Cases of faults.md that random faults would not produce in isolation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import pytest

from assay.contracts.facts import Event, RunWarned
from assay.contracts.models import Call
from assay.contracts.runs import RunLimits, RunPlan, RunRequest
from tests.faults.simulation.checks.final_state import final_state
from tests.faults.simulation.checks.invariants import violations
from tests.faults.simulation.checks.snapshot import Row
from tests.faults.simulation.scenario import MODELS, PRICES, Scenario, ScheduledAction
from tests.faults.simulation.simulation import EPOCH, Simulation, simulate
from tests.faults.simulation.world.fault_injection import FaultOdds
from tests.faults.simulation.world.model_provider import ProviderBehaviour
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres

T = TypeVar("T")


def request(samples: int = 3, **more: Any) -> RunRequest:
    return RunRequest(models=MODELS, tasks=("echo",), samples=samples, prices=dict.fromkeys(MODELS, PRICES[0]), **more)


def scenario(*requests: tuple[float, RunRequest], **more: Any) -> Scenario:
    return Scenario(seed=7, requests=requests or ((0.0, request()),), dashboards=False, **more)


def run(scenario: Scenario, postgres: VirtualPostgres, **more: Any) -> Simulation:
    """Simulate it; all invariants must hold."""
    simulation = simulate(scenario, postgres, **more)
    assert violations(simulation) == []
    return simulation


def outcomes(simulation: Simulation) -> dict[str, int]:
    names = ("passed", "failed", "limit", "infra_error", "cancelled", "timeout")
    totals = {name: sum(run[f"n_{name}"] for run in simulation.snapshot.runs) for name in names}
    return {name: total for name, total in totals.items() if total}


def body(row: Row, kind: type[T]) -> T:
    return msgspec.json.decode(row["body"], type=kind)


def posted(simulation: Simulation, account: str) -> int:
    row = simulation.snapshot.first("accounts", account=account)
    return row["posted_nanousd"] if row else 0


def test_2_and_5_ledgers_killed_at_any_step_book_every_cent_once(virtual_postgres: VirtualPostgres) -> None:
    odds = FaultOdds(crash=0.03)
    simulation = run(scenario(odds=odds, ledgers=2, runners=2, heal_at=25.0), virtual_postgres)
    assert any("ledger" in name and "." in name for name in simulation.cluster.process_names)
    assert sum(outcomes(simulation).values()) == 6


def test_10_a_runner_frozen_for_three_leases_reports_late_and_the_newer_try_counts(
    virtual_postgres: VirtualPostgres,
) -> None:
    stopped = ScheduledAction(at=0.9, action="freeze", arguments=("runner-0", 9.5))
    provider = ProviderBehaviour(slow_seconds=2.0)
    simulation = run(
        scenario((0.0, request(1)), provider=provider, actions=(stopped,), runners=1, heal_at=30.0),
        virtual_postgres,
    )
    tries = [row["ended"] for row in simulation.snapshot.tries]
    assert "superseded" in tries and tries.count("executed") == 2
    assert simulation.world.provider.requests == len(tries)


def test_19_messages_delivered_three_times_late_and_reordered_lead_to_the_same_state(
    virtual_postgres: VirtualPostgres,
) -> None:
    """The leases are longer than the delays: a report that arrives after its lease expired is another case (10)."""
    clean = run(scenario(lease_seconds=100.0, heal_at=1.0), virtual_postgres)
    odds = FaultOdds(copies=3, late=1.0, late_seconds=60.0, repeated=0.5)
    faulty = run(scenario(lease_seconds=100.0, odds=odds, heal_at=300.0), virtual_postgres)
    assert final_state(faulty) == final_state(clean)
    assert faulty.world.provider.requests == clean.world.provider.requests == 6


@pytest.mark.parametrize("hours", [-1, 1])
def test_27_a_database_clock_one_hour_off_changes_nothing(hours: int, virtual_postgres: VirtualPostgres) -> None:
    off = simulate(scenario(), virtual_postgres, epoch=EPOCH + timedelta(hours=hours))
    assert final_state(off) == final_state(simulate(scenario(), virtual_postgres))


def test_30_a_charge_whose_reply_was_lost_is_posted_at_its_worst_case_and_marked_estimated(
    virtual_postgres: VirtualPostgres,
) -> None:
    simulation = run(scenario(provider=ProviderBehaviour(lost_replies=1.0), heal_at=60.0), virtual_postgres)
    assert outcomes(simulation) == {"infra_error": 6}
    calls = [body(row, Call) for row in simulation.snapshot.calls]
    assert calls and all(call.estimated for call in calls)
    charged = posted(simulation, "project:default")
    assert charged >= sum(simulation.world.provider.billed.values()) > 0


def test_31_a_charge_beyond_the_hold_is_booked_separately_and_reported(virtual_postgres: VirtualPostgres) -> None:
    limits = RunLimits(cost_usd="0.05")
    simulation = run(
        scenario(
            (0.0, request(limits=limits, partial=True)), provider=ProviderBehaviour(overcharged=1.0), heal_at=60.0
        ),
        virtual_postgres,
    )
    excess = posted(simulation, "excess:default")
    billed, allowed = (
        sum(charges.values()) for charges in (simulation.world.provider.billed, simulation.world.provider.allowed)
    )
    assert excess > 0 and allowed <= 50_000_000 < billed
    facts = [body(row, Event).data for row in simulation.snapshot.facts]
    assert any(isinstance(fact, RunWarned) and fact.account == "excess" for fact in facts)


@pytest.mark.parametrize("seed", range(4))
def test_a_model_that_refuses_every_request_stops_early_whatever_crashes(
    seed: int, virtual_postgres: VirtualPostgres
) -> None:
    refusing = ProviderBehaviour(slow_seconds=0.3, refused_model=MODELS[1])
    odds = FaultOdds(crash=0.01, repeated=0.2, late=0.2)
    stopped = scenario((0.0, request(8, repeats=3)), provider=refusing, odds=odds, ledgers=2, heal_at=20.0)
    simulation = run(replace(stopped, seed=seed), virtual_postgres)
    rows = list(simulation.snapshot.where("attempts", model=MODELS[1]))
    assert {row["outcome"] for row in rows} == {"infra_error"}
    assert sum(row["tries"] == 0 for row in rows) > len(rows) // 3, "most are not executed"
    ((view, _),) = simulation.views.values()
    assert [each.model for each in view.stopped_models] == [MODELS[1]]


def test_33_new_prices_apply_to_new_runs_and_a_lowered_limit_to_attempts_not_yet_started(
    virtual_postgres: VirtualPostgres,
) -> None:
    dearer = RunRequest(models=MODELS[:1], tasks=("echo",), samples=2, prices={MODELS[0]: PRICES[1]})
    lowered = ScheduledAction(at=1.2, action="limit", arguments=("0.000001",))
    slow = ProviderBehaviour(slow_seconds=3.0)
    first = (0.0, request(8))
    simulation = run(
        scenario(first, (0.5, dearer), actions=(lowered,), provider=slow, heal_at=40.0, runners=1), virtual_postgres
    )
    snapshot = simulation.snapshot
    assert outcomes(simulation)["limit"] > 0
    rates = {plan["run_id"]: body(plan, RunPlan).models[0].price for plan in snapshot.plans}
    for call in snapshot.calls:
        price, usage = rates[call["attempt_id"].partition("-")[0]], body(call, Call).usage
        assert price is not None
        assert call["cost_nanousd"] == price.cost(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
    spent = [posted(simulation, f"run:{run_id}") for run_id in rates]
    assert all(amount > 1_000 for amount in spent)


def test_i9_deleting_the_stream_store_every_second_breaks_nothing(virtual_postgres: VirtualPostgres) -> None:
    deletions = tuple(ScheduledAction(at=0.3 + second, action="delete_stream_store") for second in range(12))
    simulation = run(scenario(actions=deletions, heal_at=14.0), virtual_postgres)
    assert outcomes(simulation).keys() <= {"passed", "failed", "infra_error"}
