"""A seed can be repeated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.simulation.postgres import VirtualPostgres
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import simulate
from tests.faults.simulation.state import final_state

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("seed", [3, 17])
def test_a_seed_is_the_same_every_time_step_by_step(seed: int, virtual: VirtualPostgres) -> None:
    told: list[list[str]] = []
    for _ in range(2):
        steps: list[str] = []
        first = simulate(scenario_of(seed), virtual, steps.append)
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
