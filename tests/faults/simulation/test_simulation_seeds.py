"""Seeds of every kind: whatever goes wrong on the way, all is well in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.simulation.invariants import broken
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.seeds import Result
from tests.faults.simulation.simulation import simulate
from tests.faults.simulation.state import final_state

FOUND = (2, 3, 20, 28, 36, 94, 101, 601, 2020, 8125)
"""Each once showed a fault of its own."""
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("first", range(0, 240, 40))
def test_forty_seeds_end_well(first: int) -> None:
    wrong = [Result(seed=seed, found=tuple(broken(simulate(scenario_of(seed))))) for seed in range(first, first + 40)]
    assert not "\n".join(str(result) for result in wrong if result.found)


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once_does_not_come_back(seed: int) -> None:
    assert broken(simulate(scenario_of(seed))) == []


@pytest.mark.parametrize("seed", [3, 17])
def test_a_seed_is_the_same_every_time_step_by_step(seed: int) -> None:
    told: list[list[str]] = []
    for _ in range(2):
        steps: list[str] = []
        first = simulate(scenario_of(seed), steps.append)
        told.append([*steps, final_state(first).decode()])
    assert len(told[0]) > 500
    assert told[0] == told[1]


def test_a_seed_is_the_same_in_another_process() -> None:
    command = [sys.executable, "-m", "tests.faults.simulation", "--seed", "3", "--trace"]
    runs = [
        subprocess.run(command, cwd=ROOT, env={"PYTHONHASHSEED": number}, capture_output=True, text=True, check=True)
        for number in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.endswith("all is well\n")
