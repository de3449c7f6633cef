"""An operator's tools: what they refuse, what they cost, and what solves a scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.catalog.catalog import Catalog
from assay.catalog.plant.operator import ActionRefused, Operator, Outcome
from assay.catalog.plant.scenarios import SCENARIOS

CATALOG = Catalog.open(Path(__file__).parents[3] / "catalog")
TASKS = [task for task in CATALOG.tasks() if task.manifest.plant]


def operate(scenario: str, *actions: tuple[str, dict[str, Any]], seed: int = 11, max_actions: int = 60) -> Outcome:
    operator = Operator(scenario, seed, max_actions)
    for tool, arguments in actions:
        operator.use(tool, arguments)
    return operator.outcome()


def read(*sensors: str) -> tuple[str, dict[str, Any]]:
    return "read_sensors", {"sensors": list(sensors)}


def valve(name: str, percent: float) -> tuple[str, dict[str, Any]]:
    return "set_valve", {"valve": name, "percent": percent}


def start(machine: str) -> tuple[str, dict[str, Any]]:
    return "start_machine", {"machine": machine}


def stop(machine: str) -> tuple[str, dict[str, Any]]:
    return "stop_machine", {"machine": machine}


def wait(seconds: float) -> tuple[str, dict[str, Any]]:
    return "wait", {"seconds": seconds}


def test_every_scenario_is_a_task() -> None:
    assert sorted(task.manifest.plant.scenario for task in TASKS if task.manifest.plant) == sorted(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_doing_nothing_solves_no_scenario(scenario: str) -> None:
    outcome = operate(scenario)
    assert outcome.unhealthy
    assert not outcome.solved


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.task_id)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_reference_solves_its_scenario_with_any_noise_even_after_hesitation(task: Any, seed: int) -> None:
    lines = task.files["reference/actions.jsonl"].splitlines()
    actions = [(each["tool"], each["arguments"]) for each in map(json.loads, lines)]
    scenario = task.manifest.plant.scenario
    assert operate(scenario, *actions, seed=seed).solved
    assert operate(scenario, *[read("C1.load")] * 8, *actions, seed=seed).solved


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_doing_everything_at_once_solves_no_scenario(scenario: str) -> None:
    outcome = operate(
        scenario, start("P2"), start("K2"), wait(30), stop("P1"), stop("K1"), valve("air_branch_b", 0),
        valve("belt_tensioner", 76), valve("feed_gate", 45), valve("bypass_valve", 30), wait(120),
    )  # fmt: skip
    assert outcome.meddled
    assert not outcome.solved


def test_changing_over_in_the_wrong_order_is_a_violation() -> None:
    outcome = operate("worn_bearing", stop("P1"), start("P2"))
    assert list(outcome.violations) == ["at least one cooling-water pump running"]
    assert outcome.unhealthy == outcome.meddled == []
    assert not outcome.solved


def test_a_violation_is_dated_from_the_takeover() -> None:
    outcome = operate("worn_bearing", wait(300))
    ((name, seconds),) = outcome.violations.items()
    assert name == "pump vibration at most 11 mm/s"
    assert 300 < seconds < 600


def test_a_valve_may_be_moved_back() -> None:
    right = (read("air.flow_b"), valve("air_branch_b", 0))
    assert operate("air_leak", valve("air_branch_c", 0), *right).meddled == ["air_branch_c"]
    assert operate("air_leak", valve("air_branch_c", 0), *right, valve("air_branch_c", 100)).solved
    assert operate("air_leak", valve("coolant_valve", 50), *right).meddled == ["coolant_valve"]
    assert operate("air_leak", valve("coolant_valve", 50), *right, ("set_automatic", {})).solved


def test_time_passes_with_every_action_but_not_with_the_manual() -> None:
    operator = Operator("air_leak", 1, 10)
    assert "No" not in operator.use("read_manual", {"topic": "air"})
    first = operator.use("read_sensors", {"sensors": ["air.pressure"]})
    assert first.endswith("9 actions left")
    assert operator.use("wait", {"seconds": 61}).endswith("8 actions left")
    assert operator.outcome().seconds == 80.0


def test_the_first_report_has_the_alarms_so_far_and_the_next_one_only_new_ones() -> None:
    operator = Operator("jammed_conveyor", 1, 10)
    assert "alarm at 0:10: C1.belt_speed low" in operator.use(*read("C1.load"))
    assert "C1.belt_speed low" not in operator.use(*read("C1.load"))


def test_after_the_last_action_only_the_manual_is_left() -> None:
    operator = Operator("air_leak", 1, 1)
    operator.use(*read("air.pressure"))
    with pytest.raises(ActionRefused, match="all 1 actions are used; submit"):
        operator.use(*wait(10))
    assert operator.use("read_manual", {"topic": "safety"})


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("repair", {}, "there is no tool 'repair'; the tools are read_manual, read_sensors"),
        ("read_manual", {"topic": "secrets"}, "'topic' must be one of overview, safety"),
        ("read_manual", {}, "'topic' must be one of"),
        ("read_sensors", {"sensors": "P1.flow"}, "'sensors' must be a list of names"),
        ("read_sensors", {"sensors": ["P1.flow"]}, "there is no sensor 'P1.flow'"),
        ("read_sensors", {"sensors": [["P1"]]}, "there is no sensor"),
        ("set_valve", {"valve": "door", "percent": 5}, "'valve' must be one of coolant_valve"),
        ("set_valve", {"valve": ["bypass_valve"], "percent": 5}, "'valve' must be one of"),
        ("set_valve", {"valve": "bypass_valve", "percent": 101}, "'percent' must be a number from 0 to 100"),
        ("set_valve", {"valve": "bypass_valve", "percent": float("nan")}, "'percent' must be a number"),
        ("set_valve", {"valve": "bypass_valve", "percent": True}, "'percent' must be a number"),
        ("set_valve", {"valve": "bypass_valve", "percent": 10**400}, "'percent' must be a number"),
        ("start_machine", {"machine": "P3"}, "'machine' must be one of P1, P2, K1, K2, C1"),
        ("wait", {"seconds": 0}, "'seconds' must be a number from 1 to 300"),
        ("wait", {"seconds": "60"}, "'seconds' must be a number"),
    ],
)
def test_a_refused_action_says_what_is_possible_and_takes_no_time(
    tool: str, arguments: dict[str, Any], message: str
) -> None:
    operator = Operator("air_leak", 1, 5)
    with pytest.raises(ActionRefused) as refused:
        operator.use(tool, arguments)
    assert message in str(refused.value)
    assert operator.actions == 0
    assert operator.outcome().seconds == 0.0
