"""Facts and tails, in memory and on NATS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest

from assay.bus.errors import MessageRefused
from assay.bus.protocol import Bus, StoredFact
from assay.contracts.attempts import ExecuteAttempt
from assay.contracts.codec import decode
from assay.contracts.tail import TailLine
from tests.bus.conftest import Join
from tests.bus.messages import fact, line, order

T = TypeVar("T")
ALL = "assay.evt.v1.>"


async def take(stream: AsyncIterator[T], amount: int, seconds: float = 30) -> list[T]:
    async with asyncio.timeout(seconds):
        return [await anext(stream) for _ in range(amount)]


def numbers(facts: list[StoredFact]) -> list[int]:
    return [int(decode(ExecuteAttempt, each.payload).attempt_id.split("-")[1]) for each in facts]


async def test_replay_gives_stored_facts_from_a_position_and_then_new_ones(bus: Bus, join: Join) -> None:
    other = await join()
    await bus.facts.publish([fact(number) for number in range(10)])
    async with other.facts.replay(ALL, after=4) as facts:
        stored = await take(facts, 6)
        assert [each.position for each in stored] == [5, 6, 7, 8, 9, 10]
        assert numbers(stored) == [4, 5, 6, 7, 8, 9]
        await bus.facts.publish([fact(number) for number in range(10, 13)])
        assert numbers(await take(facts, 3)) == [10, 11, 12]


async def test_replay_of_many_facts_has_no_gaps_and_no_duplicates(bus: Bus) -> None:
    await bus.facts.publish([fact(number) for number in range(2500)])
    async with bus.facts.replay(ALL) as facts:
        assert numbers(await take(facts, 2500)) == list(range(2500))


async def test_replay_returns_only_facts_that_match_its_pattern(bus: Bus) -> None:
    await bus.facts.publish([fact(number, run) for number in range(3) for run in ("r1", "r2")])
    async with bus.facts.replay("assay.evt.v1.demo.*.*.r2") as facts:
        stored = await take(facts, 3)
    assert [each.position for each in stored] == [2, 4, 6]
    assert {each.subject.split(".")[-1] for each in stored} == {"r2"}


async def test_replay_from_a_position_beyond_the_stream_starts_at_its_beginning(bus: Bus) -> None:
    await bus.facts.publish([fact(number) for number in range(3)])
    async with bus.facts.replay(ALL, after=1000) as facts:
        assert numbers(await take(facts, 3)) == [0, 1, 2]


async def test_a_fact_is_stored_once_per_message_id(bus: Bus) -> None:
    await bus.facts.publish([fact(1), fact(2)])
    await bus.facts.publish([fact(1), fact(2), fact(3)])
    async with bus.facts.replay(ALL) as facts:
        assert numbers(await take(facts, 3)) == [1, 2, 3]


async def test_listeners_receive_facts_published_after_they_subscribed(bus: Bus, join: Join) -> None:
    other = await join()
    await bus.facts.publish([fact(1)])
    async with other.facts.listen(ALL) as everything, other.facts.listen("assay.evt.v1.*.*.*.r2") as second:
        await bus.facts.publish([fact(2), fact(3, "r2")])
        received = await take(everything, 2)
        assert numbers(received) == [2, 3]
        assert [each.position for each in received] == [0, 0]
        assert numbers(await take(second, 1)) == [3]


async def test_orders_cannot_be_published_as_facts(bus: Bus) -> None:
    with pytest.raises(MessageRefused, match=r"assay\.evt\.v1"):
        await bus.facts.publish([order(1)])


async def test_tail_lines_reach_their_listeners(bus: Bus, join: Join) -> None:
    other = await join()
    async with other.tail.listen("assay.tail.v1.demo.r1.>") as lines:
        for number in range(5):
            await bus.tail.emit("assay.tail.v1.demo.r1.r1-1", line(str(number)))
        await bus.tail.emit("assay.tail.v1.demo.r2.r2-1", line("another run"))
        await bus.tail.emit("assay.tail.v1.demo.r1.r1-2", line("last"))
        received = [decode(TailLine, payload).text for payload in await take(lines, 6)]
    assert received == ["0", "1", "2", "3", "4", "last"]


async def test_a_slow_listener_loses_the_oldest_lines(bus: Bus, join: Join) -> None:
    other = await join()

    async def read_to_the_end(lines: AsyncIterator[bytes]) -> None:
        while decode(TailLine, await anext(lines)).text != "11999":
            pass

    async with other.tail.listen("assay.tail.v1.>") as lines, other.tail.listen("assay.tail.v1.>") as fast_lines:
        fast_listener = asyncio.create_task(read_to_the_end(fast_lines))
        for number in range(12_000):
            await bus.tail.emit("assay.tail.v1.demo.r1.r1-1", line(str(number)))
            if number % 100 == 0:
                await asyncio.sleep(0.001)  # emit never waits, so other tasks would not run
        await asyncio.wait_for(fast_listener, 30)
        await asyncio.sleep(0.2)
        received = [await anext(lines)]
        while decode(TailLine, received[-1]).text != "11999":
            received += await take(lines, 1)
    assert len(received) <= 10_000
