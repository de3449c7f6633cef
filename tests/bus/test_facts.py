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


async def test_replay_of_many_facts_has_no_gap_and_no_double(bus: Bus) -> None:
    await bus.facts.publish([fact(number) for number in range(2500)])
    async with bus.facts.replay(ALL) as facts:
        assert numbers(await take(facts, 2500)) == list(range(2500))


async def test_replay_keeps_to_its_pattern(bus: Bus) -> None:
    await bus.facts.publish([fact(number, run) for number in range(3) for run in ("r1", "r2")])
    async with bus.facts.replay("assay.evt.v1.demo.*.*.r2") as facts:
        stored = await take(facts, 3)
    assert [each.position for each in stored] == [2, 4, 6]
    assert {each.subject.split(".")[-1] for each in stored} == {"r2"}


async def test_replay_from_a_position_the_store_never_had_starts_anew(bus: Bus) -> None:
    await bus.facts.publish([fact(number) for number in range(3)])
    async with bus.facts.replay(ALL, after=1000) as facts:
        assert numbers(await take(facts, 3)) == [0, 1, 2]


async def test_a_fact_is_stored_once_per_message_id(bus: Bus) -> None:
    await bus.facts.publish([fact(1), fact(2)])
    await bus.facts.publish([fact(1), fact(2), fact(3)])
    async with bus.facts.replay(ALL) as facts:
        assert numbers(await take(facts, 3)) == [1, 2, 3]


async def test_listeners_hear_what_is_published_from_now_on(bus: Bus, join: Join) -> None:
    other = await join()
    await bus.facts.publish([fact(1)])
    async with other.facts.listen(ALL) as everything, other.facts.listen("assay.evt.v1.*.*.*.r2") as second:
        await bus.facts.publish([fact(2), fact(3, "r2")])
        heard = await take(everything, 2)
        assert numbers(heard) == [2, 3]
        assert [each.position for each in heard] == [0, 0]
        assert numbers(await take(second, 1)) == [3]


async def test_orders_are_no_facts(bus: Bus) -> None:
    with pytest.raises(MessageRefused, match=r"assay\.evt\.v1"):
        await bus.facts.publish([order(1)])


async def test_tail_lines_reach_those_who_listen(bus: Bus, join: Join) -> None:
    other = await join()
    async with other.tail.listen("assay.tail.v1.demo.r1.>") as lines:
        for number in range(5):
            await bus.tail.emit("assay.tail.v1.demo.r1.r1-1", line(str(number)))
        await bus.tail.emit("assay.tail.v1.demo.r2.r2-1", line("another run"))
        await bus.tail.emit("assay.tail.v1.demo.r1.r1-2", line("last"))
        heard = [decode(TailLine, payload).text for payload in await take(lines, 6)]
    assert heard == ["0", "1", "2", "3", "4", "last"]


async def test_a_listener_that_lags_loses_the_oldest_lines(bus: Bus, join: Join) -> None:
    other = await join()

    async def last(lines: AsyncIterator[bytes]) -> None:
        while decode(TailLine, await anext(lines)).text != "11999":
            pass

    async with other.tail.listen("assay.tail.v1.>") as lines, other.tail.listen("assay.tail.v1.>") as beside:
        keeping_up = asyncio.create_task(last(beside))
        for number in range(12_000):
            await bus.tail.emit("assay.tail.v1.demo.r1.r1-1", line(str(number)))
            if number % 100 == 0:
                await asyncio.sleep(0.001)  # emitting never waits, so nobody else would get a turn
        await asyncio.wait_for(keeping_up, 30)
        await asyncio.sleep(0.2)
        heard = [await anext(lines)]
        while decode(TailLine, heard[-1]).text != "11999":
            heard += await take(lines, 1)
    assert len(heard) <= 10_000
