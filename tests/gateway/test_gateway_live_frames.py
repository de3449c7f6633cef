"""Frames of the live socket: what bad ones get, how many and how large they may be, and arrays of them."""

from __future__ import annotations

import asyncio

import msgspec

from tests.gateway.harness import House

BAD_FRAMES: list[str | bytes] = [
    "",
    "{",
    "[]",
    "null",
    b"\xff\x00",
    '{"type": "nonsense"}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "topic": "run:../../etc"}',
    '{"type": "subscribe", "topic": "runs", "cursor": -1}',
    '{"type": "subscribe", "topic": "%s"}' % ("r" * 200),
    "[" * 60_000,
]


async def test_a_bad_frame_is_told_and_the_connection_stays(house: House) -> None:
    async with house.socket() as live:
        for text in BAD_FRAMES:
            await live.say(text)
            frame = await live.next()
            assert (frame["type"], frame["problem"]["code"]) == ("error", "malformed"), text
        await live.say('{"type": "ping"}')
        assert (await live.next())["type"] == "pong"


async def test_a_client_may_follow_a_hundred_topics(house: House) -> None:
    async with house.socket() as live:
        for number in range(100):
            await live.subscribe(f"leaderboard:s{number}")
            await live.next("snapshot")
        await live.subscribe("runs")
        frame = await live.next("error")
        assert (frame["problem"]["code"], frame["problem"]["status"]) == ("too_many_topics", 429)


async def test_too_large_a_frame_ends_the_connection(house: House) -> None:
    async with house.socket() as live:
        await live.say('{"type": "ping", "x": "%s"}' % ("x" * 70_000))
        await live.socket.wait_closed()
        assert live.socket.close_code == 1009


async def test_frames_come_in_arrays_when_asked_for(house: House) -> None:
    run_id = await house.ledger.new_run(attempts=40)
    async with house.socket("?batch=1") as live:
        await live.subscribe(f"run:{run_id}", cursor=1)
        await asyncio.sleep(0.05)
        await house.ledger.carry_out(run_id)
        last = len(house.ledger.runs[run_id].events)
        seen: list[int] = []
        messages = 0
        while not seen or seen[-1] < last:
            found = msgspec.json.decode(await live.socket.recv())
            messages += 1
            seen += [frame["cursor"] for frame in (found if isinstance(found, list) else [found])]
        assert seen == list(range(2, last + 1))
        assert messages < last / 2
