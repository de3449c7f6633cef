"""Any process killed during a run is restarted by the supervisor, and every attempt is still graded exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.harness import Stack, running_stack

PROCESSES = {
    "gateway": "services.gateway",
    "ledger": "services.ledger",
    "runner": "services.runner",
    "judge": "services.judge",
    "nats": "nats-server",
    "postgres": "/postgres",
}
TASKS = ["add_two", "bounded_cache", "telemetry_basic", "ticket_routing"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(
        "--runners", "2", "--judges", "2", ASSAY_LEASE_SECONDS="8", ASSAY_ORDER_PATIENCE_SECONDS="5"
    ) as running:
        yield running


def running_run(stack: Stack, name: str) -> str:
    """Submit a run and wait until attempts are running; repeated if the run ends before it is observed."""
    for _ in range(5):
        run_id = stack.submit(tasks=TASKS, models=["oracle", "nop"], name=name)
        run = stack.wait(run_id, lambda run: run["status"] == "finished" or _is_busy(run))
        if _is_busy(run):
            return run_id
    raise AssertionError("no run was observed while running")


def _is_busy(run: dict[str, Any]) -> bool:
    return run["progress"]["running"] + run["progress"]["grading"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_loses_and_repeats_no_result(stack: Stack, name: str) -> None:
    run_id = running_run(stack, f"kill {name}")
    stack.kill(PROCESSES[name])
    run = stack.finish(run_id)
    attempts = stack.attempts(run_id)
    assert Counter(a["state"] for a in attempts) == {"done": run["progress"]["total"]}
    outcomes = {a["attempt_id"]: (a["model"], a["outcome"]) for a in attempts}
    wrong = {a: o for a, o in outcomes.items() if o not in (("oracle", "passed"), ("nop", "failed"))}
    assert wrong == {}, stack.logs()
    finished = [fact["subject"] for fact in stack.facts(run_id) if fact["type"] == "attempt.finished"]
    assert Counter(finished) == Counter(outcomes.keys())
