"""A seed is repeatable, step by step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.simulation.checks.final_state import final_state
from tests.faults.simulation.scenario import scenario_of
from tests.faults.simulation.simulation import simulate
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("seed", [3, 17])
def test_a_seed_repeats_step_by_step(seed: int, virtual_postgres: VirtualPostgres) -> None:
    traces: list[list[str]] = []
    for _ in range(2):
        steps: list[str] = []
        simulation = simulate(scenario_of(seed), virtual_postgres, steps.append)
        traces.append([*steps, final_state(simulation).decode()])
    assert len(traces[0]) > 500
    assert traces[0] == traces[1]


def test_a_seed_repeats_in_another_process() -> None:
    command = [sys.executable, "-m", "tests.faults.simulation", "--seed", "3", "--trace"]
    runs = [
        subprocess.run(command, cwd=ROOT, env={"PYTHONHASHSEED": number}, capture_output=True, text=True, check=True)
        for number in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.endswith("all invariants hold\n")
