"""Limits, pauses and warnings on the live socket: every fact is sent, and snapshots agree with the facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from assay.contracts import facts
from assay.contracts.ids import attempt_id
from assay.contracts.runs import RunLimits, RunStatus, Wait, WaitReason
from tests.gateway.harness import Gateway

WARNING = {"account": "run", "percent": 80, "spent_usd": "0.8", "held_usd": "0.1", "limit_usd": "1"}
RUN_FACTS: list[tuple[Any, RunStatus, dict[str, Any]]] = [
    (facts.RunPaused, RunStatus.PAUSED, {}),
    (facts.RunResumed, RunStatus.RUNNING, {}),
    (facts.RunChanged, RunStatus.RUNNING, {}),
    (facts.RunWarned, RunStatus.RUNNING, WARNING),
    (facts.RunStalled, RunStatus.RUNNING, {"seconds": 600.0, "reason": "no runner"}),
    (facts.RunCancelling, RunStatus.CANCELLING, {}),
    (facts.RunCancelled, RunStatus.CANCELLED, {}),
]


@pytest.mark.parametrize("topic", ["run", "runs"])
@pytest.mark.parametrize(("kind", "status", "more"), RUN_FACTS)
async def test_every_fact_about_a_run_is_sent_at_once(
    gateway: Gateway, topic: str, kind: Any, status: RunStatus, more: dict[str, Any]
) -> None:
    run_id = await gateway.ledger.new_run()
    async with gateway.live() as live:
        await live.subscribe(topic if topic == "runs" else f"run:{run_id}")
        await live.next("snapshot")
        await gateway.ledger.publish_fact(run_id, kind, status=status, **more)
        data = (await live.next("fact"))["event"]["data"]
        assert (data["type"], data["run"]["status"]) == (kind.name(), status)
        assert {name: data[name] for name in more} == more


async def test_a_recalled_attempt_is_sent_to_its_subscribers(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    await gateway.ledger.advance(run_id, 1)
    async with gateway.live() as live:
        await live.subscribe(f"attempt:{attempt_id(run_id, 1)}")
        await live.next("snapshot")
        await gateway.ledger.recall(run_id, 1, "its run was paused")
        data = (await live.next("fact"))["event"]["data"]
        assert (data["type"], data["attempt"]["state"], data["cause"]) == (
            "attempt.recalled",
            "waiting",
            "its run was paused",
        )


async def test_a_snapshot_has_limits_priority_and_wait_reason(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    wait = Wait(reason=WaitReason.BUDGET, detail="$0.9 of $1 is held", since=datetime(2026, 1, 2, tzinfo=UTC))
    gateway.ledger.update_run(run_id, limits=RunLimits(cost_usd=None, concurrency=2), priority=9, waits=wait)
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        run = (await live.next("snapshot"))["data"]["run"]
        assert (run["limits"]["cost_usd"], run["limits"]["concurrency"], run["priority"]) == (None, 2, 9)
        assert msgspec.convert(run["waits"], Wait) == wait


@pytest.mark.parametrize(("kind", "status", "more"), RUN_FACTS)
async def test_a_snapshot_includes_changes_made_while_it_is_read(
    gateway: Gateway, kind: Any, status: RunStatus, more: dict[str, Any]
) -> None:
    run_id = await gateway.ledger.new_run(attempts=250)
    gateway.ledger.drops = lambda event: True
    changes_made: list[str] = []

    async def change_run() -> None:
        if not changes_made:
            changes_made.append(kind.name())
            gateway.ledger.update_run(run_id, priority=9)
            await gateway.ledger.advance(run_id, 1)
            await gateway.ledger.recall(run_id, 1, "no money")
            await gateway.ledger.publish_fact(run_id, kind, status=status, **more)
            await gateway.ledger.advance(run_id, 0)

    gateway.ledger.queries.between_pages = change_run
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        data = (await live.next("snapshot"))["data"]
        assert (data["run"]["status"], data["run"]["priority"]) == (status, 9)
        assert [row["state"] for row in data["attempts"][:2]] == ["queued", "waiting"]
