"""kill -9 of any one part in mid-run: the supervisor restarts it, and every attempt is still graded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.system.stack import Stack, running_stack

PARTS = {
    "gateway": "services.gateway",
    "ledger": "services.ledger",
    "runner": "services.runner",
    "judge": "services.judge",
    "nats": "nats-server",
    "postgres": "/postgres",
}
TASKS = ["add_two", "run_length", "bounded_cache", "telemetry_basic", "ticket_routing"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(
        "--runners", "2", "--judges", "2", ASSAY_LEASE_SECONDS="4", ASSAY_ORDER_PATIENCE_SECONDS="5"
    ) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_loses_nothing_and_doubles_nothing(stack: Stack, part: str) -> None:
    run_id = stack.submit(tasks=TASKS, models=["oracle", "nop"], name=f"kill {part}")
    stack.wait(run_id, lambda run: run["progress"]["running"] + run["progress"]["grading"] > 0)
    stack.kill(PARTS[part])
    run = stack.finish(run_id)
    attempts = stack.attempts(run_id)
    assert Counter(a["state"] for a in attempts) == {"done": run["progress"]["total"]}
    outcomes = {a["attempt_id"]: (a["model"], a["outcome"]) for a in attempts}
    wrong = {a: o for a, o in outcomes.items() if o not in (("oracle", "passed"), ("nop", "failed"))}
    assert wrong == {}, stack.logs()
    finished = [fact["subject"] for fact in stack.facts(run_id) if fact["type"] == "attempt.finished"]
    assert Counter(finished) == Counter(outcomes.keys())
