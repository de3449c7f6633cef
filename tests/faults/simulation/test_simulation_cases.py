"""Cases of faults.md that chance alone would not bring about as purely as here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import pytest

from assay.contracts.facts import Event, RunWarned
from assay.contracts.models import Call
from assay.contracts.runs import RunLimits, RunPlan, RunRequest
from tests.faults.simulation.chaos import Odds
from tests.faults.simulation.invariants import broken
from tests.faults.simulation.postgres import VirtualPostgres
from tests.faults.simulation.provider import Manners
from tests.faults.simulation.scenario import MODELS, PRICES, Deed, Scenario
from tests.faults.simulation.simulation import EPOCH, Simulation, simulate
from tests.faults.simulation.snapshot import Row
from tests.faults.simulation.state import final_state

T = TypeVar("T")


def request(samples: int = 3, **more: Any) -> RunRequest:
    return RunRequest(models=MODELS, tasks=("echo",), samples=samples, prices=dict.fromkeys(MODELS, PRICES[0]), **more)


def scenario(*requests: tuple[float, RunRequest], **more: Any) -> Scenario:
    return Scenario(seed=7, requests=requests or ((0.0, request()),), dashboards=False, **more)


def well(simulation: Simulation) -> Simulation:
    assert broken(simulation) == []
    return simulation


def outcomes(simulation: Simulation) -> dict[str, int]:
    names = ("passed", "failed", "limit", "infra_error", "cancelled", "timeout")
    totals = {name: sum(run[f"n_{name}"] for run in simulation.snapshot.runs) for name in names}
    return {name: total for name, total in totals.items() if total}


def body(row: Row, kind: type[T]) -> T:
    return msgspec.json.decode(row["body"], type=kind)


def posted(simulation: Simulation, account: str) -> int:
    row = simulation.snapshot.one("accounts", account=account)
    return row["posted_nanousd"] if row else 0


def test_2_and_5_ledgers_killed_at_every_step_move_every_cent_once(virtual: VirtualPostgres) -> None:
    odds = Odds(crash=0.03)
    simulation = well(simulate(scenario(odds=odds, ledgers=2, runners=2, heal_at=25.0), virtual))
    assert any("ledger" in name and "." in name for name in simulation.cluster.lives)
    assert sum(outcomes(simulation).values()) == 6


def test_10_a_runner_stopped_for_three_leases_reports_late_and_the_newer_try_stands(virtual: VirtualPostgres) -> None:
    stopped = Deed(at=0.9, what="freeze", arguments=("runner-0", 9.5))
    manners = Manners(slow_seconds=2.0)
    simulation = well(
        simulate(scenario((0.0, request(1)), manners=manners, deeds=(stopped,), runners=1, heal_at=30.0), virtual)
    )
    tries = [row["ended"] for row in simulation.snapshot.tries]
    assert "superseded" in tries and tries.count("executed") == 2
    assert simulation.world.provider.requests == len(tries)


def test_19_everything_three_times_late_and_out_of_order_comes_to_the_same(virtual: VirtualPostgres) -> None:
    """Leases outlast the delays here: a report that comes after its lease is a lost try, and made again (case 10)."""
    calm = well(simulate(scenario(lease_seconds=100.0, heal_at=1.0), virtual))
    odds = Odds(copies=3, lag=1.0, lag_seconds=60.0, repeated=0.5)
    stormy = well(simulate(scenario(lease_seconds=100.0, odds=odds, heal_at=300.0), virtual))
    assert final_state(stormy) == final_state(calm)
    assert stormy.world.provider.requests == calm.world.provider.requests == 6


@pytest.mark.parametrize("hours", [-1, 1])
def test_27_a_clock_one_hour_off_changes_nothing(hours: int, virtual: VirtualPostgres) -> None:
    off = simulate(scenario(), virtual, epoch=EPOCH + timedelta(hours=hours))
    assert final_state(off) == final_state(simulate(scenario(), virtual))


def test_30_what_was_charged_and_never_heard_of_is_posted_at_its_worst_and_marked_estimated(
    virtual: VirtualPostgres,
) -> None:
    simulation = well(simulate(scenario(manners=Manners(lost=1.0), heal_at=60.0), virtual))
    assert outcomes(simulation) == {"infra_error": 6}
    calls = [body(row, Call) for row in simulation.snapshot.calls]
    assert calls and all(call.estimated for call in calls)
    charged = posted(simulation, "project:default")
    assert charged >= sum(simulation.world.provider.billed.values()) > 0


def test_31_what_is_charged_beyond_the_hold_is_booked_apart_and_said(virtual: VirtualPostgres) -> None:
    limits = RunLimits(cost_usd="0.05")
    simulation = well(
        simulate(
            scenario((0.0, request(limits=limits, partial=True)), manners=Manners(greedy=1.0), heal_at=60.0), virtual
        )
    )
    excess = posted(simulation, "excess:default")
    billed, allowed = (
        sum(book.values()) for book in (simulation.world.provider.billed, simulation.world.provider.allowed)
    )
    assert excess > 0 and allowed <= 50_000_000 < billed
    facts = [body(row, Event).data for row in simulation.snapshot.facts]
    assert any(isinstance(fact, RunWarned) and fact.account == "excess" for fact in facts)


def test_33_a_new_price_is_for_new_runs_and_a_lowered_limit_for_what_has_not_begun(virtual: VirtualPostgres) -> None:
    dearer = RunRequest(models=MODELS[:1], tasks=("echo",), samples=2, prices={MODELS[0]: PRICES[1]})
    lowered = Deed(at=1.2, what="limit", arguments=("0.000001",))
    slow = Manners(slow_seconds=3.0)
    first = (0.0, request(8))
    simulation = well(
        simulate(scenario(first, (0.5, dearer), deeds=(lowered,), manners=slow, heal_at=40.0, runners=1), virtual)
    )
    store = simulation.snapshot
    assert outcomes(simulation)["limit"] > 0
    rates = {plan["run_id"]: body(plan, RunPlan).models[0].price for plan in store.plans}
    for call in store.calls:
        price, usage = rates[call["attempt_id"].partition("-")[0]], body(call, Call).usage
        assert price is not None
        assert call["cost_nanousd"] == price.cost(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
    spent = [posted(simulation, f"run:{run_id}") for run_id in rates]
    assert all(amount > 1_000 for amount in spent)


def test_i9_the_buss_store_deleted_every_second_breaks_nothing(virtual: VirtualPostgres) -> None:
    wipes = tuple(Deed(at=0.3 + second, what="wipe") for second in range(12))
    simulation = well(simulate(scenario(deeds=wipes, heal_at=14.0), virtual))
    assert outcomes(simulation).keys() <= {"passed", "failed", "infra_error"}
