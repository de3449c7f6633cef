"""kill -9 of any one part in mid-run: the supervisor restarts it, and every attempt is still graded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.harness import Stack, running_stack

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
        "--runners", "2", "--judges", "2", ASSAY_LEASE_SECONDS="8", ASSAY_ORDER_PATIENCE_SECONDS="5"
    ) as running:
        yield running


def under_way(stack: Stack, name: str) -> str:
    """A run in whose midst we are: one that had ended before it was looked at is no such, and is made again."""
    for _ in range(5):
        run_id = stack.submit(tasks=TASKS, models=["oracle", "nop"], name=name)
        run = stack.wait(run_id, lambda run: run["status"] == "finished" or _busy(run))
        if _busy(run):
            return run_id
    raise AssertionError("no run was ever seen under way")


def _busy(run: dict[str, Any]) -> bool:
    return run["progress"]["running"] + run["progress"]["grading"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_loses_nothing_and_doubles_nothing(stack: Stack, part: str) -> None:
    run_id = under_way(stack, f"kill {part}")
    stack.kill(PARTS[part])
    run = stack.finish(run_id)
    attempts = stack.attempts(run_id)
    assert Counter(a["state"] for a in attempts) == {"done": run["progress"]["total"]}
    outcomes = {a["attempt_id"]: (a["model"], a["outcome"]) for a in attempts}
    wrong = {a: o for a, o in outcomes.items() if o not in (("oracle", "passed"), ("nop", "failed"))}
    assert wrong == {}, stack.logs()
    finished = [fact["subject"] for fact in stack.facts(run_id) if fact["type"] == "attempt.finished"]
    assert Counter(finished) == Counter(outcomes.keys())
