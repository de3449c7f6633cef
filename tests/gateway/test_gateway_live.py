"""The live socket: snapshots, facts in order, resuming, tails, and unknown topics."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from assay.bus.protocol import Envelope
from assay.contracts import subjects
from assay.contracts.codec import encode
from assay.contracts.facts import Event
from assay.contracts.ids import attempt_id
from assay.contracts.live import Unsubscribe
from assay.contracts.tail import TailKind, TailLine
from tests.gateway.harness import FAST, Gateway, open_gateway


async def test_a_run_topic_sends_a_snapshot_then_facts(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=3)
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        snapshot = await live.next()
        assert snapshot["type"] == "snapshot"
        assert snapshot["topic"] == f"run:{run_id}"
        assert snapshot["cursor"] == snapshot["data"]["run"]["sequence"] == 1
        assert [row["state"] for row in snapshot["data"]["attempts"]] == ["waiting"] * 3
        await gateway.ledger.advance(run_id, 0)
        fact = await live.next()
        assert fact["cursor"] == fact["event"]["sequence"] == 2
        assert fact["event"]["type"] == fact["event"]["data"]["type"] == "attempt.queued"
        assert fact["event"]["data"]["progress"]["queued"] == 1


async def test_a_cursor_resumes_without_a_snapshot(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=2)
    await gateway.ledger.complete_run(run_id)
    last = len(gateway.ledger.runs[run_id].events)
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}", cursor=4)
        assert await live.facts_until(last) == list(range(5, last + 1))
        assert await live.is_silent()


async def test_a_cursor_at_the_end_gets_only_new_facts(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}", cursor=1)
        assert await live.is_silent()
        await gateway.ledger.start(run_id)
        assert (await live.next())["cursor"] == 2


@pytest.mark.parametrize("cursor", [7, 10**9])
async def test_a_cursor_the_run_never_reached_gets_a_snapshot(gateway: Gateway, cursor: int) -> None:
    run_id = await gateway.ledger.new_run()
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}", cursor=cursor)
        assert (await live.next())["type"] == "snapshot"


async def test_a_cursor_too_far_behind_gets_a_snapshot(tmp_path: Path) -> None:

    async with open_gateway(tmp_path, live_settings=replace(FAST, max_replay=5)) as gateway:
        run_id = await gateway.ledger.new_run(attempts=3)
        await gateway.ledger.complete_run(run_id)
        async with gateway.live() as live:
            await live.subscribe(f"run:{run_id}", cursor=1)
            assert (await live.next())["type"] == "snapshot"


@pytest.mark.parametrize("seed", range(6))
async def test_random_losses_cause_no_gap_and_no_duplicate(gateway: Gateway, seed: int) -> None:
    rng = random.Random(seed)
    run_id = await gateway.ledger.new_run(attempts=12)

    def drops(event: Event) -> bool:
        return rng.random() < 0.4

    gateway.ledger.drops = drops
    async with gateway.live() as early, gateway.live("?batch=0") as late:
        await early.subscribe(f"run:{run_id}")
        first = (await early.next("snapshot"))["cursor"]

        async def complete_run() -> None:
            await gateway.ledger.start(run_id)
            while live := gateway.ledger.runs[run_id].unfinished:
                await gateway.ledger.advance(run_id, rng.choice(live).ordinal)
                if rng.random() < 0.2:
                    await asyncio.sleep(0.003)
            await gateway.ledger.finish(run_id)

        completing = asyncio.create_task(complete_run())
        await asyncio.sleep(0.02)
        await late.subscribe(f"run:{run_id}", cursor=first)
        await completing
        last = len(gateway.ledger.runs[run_id].events)
        for live in (early, late):
            assert await live.facts_until(last) == list(range(first + 1, last + 1))
        assert await early.is_silent()


async def test_facts_received_out_of_order_are_sent_in_order(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=6)
    unpublished: list[Event] = []
    gateway.ledger.drops = lambda event: unpublished.append(event) is None
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        await live.next("snapshot")
        for ordinal in range(6):
            await gateway.ledger.advance(run_id, ordinal)
        random.Random(3).shuffle(unpublished)
        await gateway.bus.facts.publish(
            [
                Envelope(
                    subject=subjects.fact("default", event.data, run_id), message_id=event.id, payload=encode(event)
                )
                for event in unpublished
            ]
        )
        assert await live.facts_until(7) == [2, 3, 4, 5, 6, 7]


async def test_a_lost_last_fact_is_found_by_rechecking(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=1)
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        await live.next("snapshot")
        gateway.ledger.drops = lambda event: True
        await gateway.ledger.finish(run_id)
        fact = await live.next("fact")
        assert fact["event"]["type"] == "run.finished"


async def test_a_snapshot_read_in_pages_is_consistent(gateway: Gateway) -> None:
    """The run goes on between the pages; the snapshot includes everything up to its cursor."""
    run_id = await gateway.ledger.new_run(attempts=1200)

    async def advance_some() -> None:
        for row in gateway.ledger.runs[run_id].unfinished[::400]:
            await gateway.ledger.advance(run_id, row.ordinal)

    gateway.ledger.queries.between_pages = advance_some
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        snapshot = await live.next("snapshot")
        gateway.ledger.queries.between_pages = None
        states = {row["ordinal"]: row["state"] for row in snapshot["data"]["attempts"]}
        advanced: dict[int, str] = {}
        for event in gateway.ledger.runs[run_id].events[1 : snapshot["cursor"]]:
            row = msgspec.json.decode(event)["data"]["attempt"]
            advanced[row["ordinal"]] = row["state"]
        assert advanced
        assert {ordinal: states[ordinal] for ordinal in advanced} == advanced
        assert snapshot["data"]["run"]["sequence"] == snapshot["cursor"]
        total = len(gateway.ledger.runs[run_id].events)
        if total > snapshot["cursor"]:
            assert await live.facts_until(total) == list(range(snapshot["cursor"] + 1, total + 1))


async def test_an_attempt_topic_sends_only_its_own_facts(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=2)
    topic = f"attempt:{attempt_id(run_id, 1)}"
    async with gateway.live() as live:
        await live.subscribe(topic)
        assert (await live.next())["data"]["attempt"]["ordinal"] == 1
        await gateway.ledger.advance(run_id, 0)
        await gateway.ledger.advance(run_id, 1)
        fact = await live.next()
        assert (fact["topic"], fact["cursor"]) == (topic, 3)
        assert await live.is_silent()


async def test_an_attempt_topic_sends_tail_lines(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=1)
    name = attempt_id(run_id, 0)
    line = TailLine(attempt_id=name, token=1, kind=TailKind.STDOUT, text="<b>hello</b>\x00", time=datetime.now(UTC))
    async with gateway.live() as live:
        await live.subscribe(f"attempt:{name}")
        await live.next("snapshot")
        for _ in range(3):
            await gateway.bus.tail.emit(subjects.tail("default", run_id, name), line)
        frame = await live.next("tail")
        assert frame["topic"] == f"attempt:{name}"
        assert frame["lines"][0]["text"] == "<b>hello</b>\x00"
        assert frame["dropped"] == 0


async def test_an_unreadable_fact_does_not_affect_others(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    async with gateway.live() as live:
        for topic in (f"run:{run_id}", "runs", "leaderboard"):
            await live.subscribe(topic)
            await live.next("snapshot")
        subject = f"assay.evt.v1.default.run.started.{run_id}"
        malformed = b'{"sequence": 2, "type": "run.started", "subject": "x", "runid": "x", "data": {"run": 7}}'
        for number, payload in enumerate((b"", b"{", b"\xff", b"[]", malformed)):
            await gateway.bus.facts.publish([Envelope(subject=subject, message_id=f"bad {number}", payload=payload)])
        await gateway.ledger.advance(run_id, 0)
        facts = {fact["topic"]: fact["event"]["type"] for fact in [await live.next("fact") for _ in range(2)]}
        assert facts == {f"run:{run_id}": "attempt.queued", "runs": "attempt.queued"}


async def test_unsubscribing_stops_a_topic(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    async with gateway.live() as live:
        await live.subscribe(f"run:{run_id}")
        await live.next("snapshot")
        await live.send(encode(Unsubscribe(topic=f"run:{run_id}")).decode())
        await live.send('{"type": "ping"}')
        assert (await live.next())["type"] == "pong"
        await gateway.ledger.start(run_id)
        assert await live.is_silent()


async def test_subscribing_again_restarts_a_topic(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run()
    async with gateway.live() as live:
        for _ in range(2):
            await live.subscribe(f"run:{run_id}")
            assert (await live.next())["type"] == "snapshot"
        await gateway.ledger.start(run_id)
        assert (await live.next())["cursor"] == 2
        assert await live.is_silent()


async def test_an_unknown_run_gets_an_error_frame_for_its_topic(gateway: Gateway) -> None:
    async with gateway.live() as live:
        for topic in ("run:0000", "attempt:0000-1", "attempt:0000"):
            for cursor in (None, 0, 3):
                await live.subscribe(topic, cursor)
                frame = await live.next()
                assert (frame["type"], frame["topic"], frame["problem"]["status"]) == ("error", topic, 404)
        await live.send('{"type": "ping"}')
        assert (await live.next())["type"] == "pong"
