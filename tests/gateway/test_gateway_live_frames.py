"""Frames of the live socket: malformed ones, limits on number and size, and arrays."""

from __future__ import annotations

import asyncio

import msgspec

from tests.gateway.harness import Gateway

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


async def test_a_malformed_frame_gets_an_error_and_the_connection_stays(gateway: Gateway) -> None:
    async with gateway.live() as live:
        for text in BAD_FRAMES:
            await live.send(text)
            frame = await live.next()
            assert (frame["type"], frame["problem"]["code"]) == ("error", "malformed"), text
        await live.send('{"type": "ping"}')
        assert (await live.next())["type"] == "pong"


async def test_a_client_can_subscribe_to_a_hundred_topics(gateway: Gateway) -> None:
    async with gateway.live() as live:
        for number in range(100):
            await live.subscribe(f"leaderboard:s{number}")
            await live.next("snapshot")
        await live.subscribe("runs")
        frame = await live.next("error")
        assert (frame["problem"]["code"], frame["problem"]["status"]) == ("too_many_topics", 429)


async def test_an_oversized_frame_closes_the_connection(gateway: Gateway) -> None:
    async with gateway.live() as live:
        await live.send('{"type": "ping", "x": "%s"}' % ("x" * 70_000))
        await live.socket.wait_closed()
        assert live.socket.close_code == 1009


async def test_frames_come_in_arrays_if_requested(gateway: Gateway) -> None:
    run_id = await gateway.ledger.new_run(attempts=40)
    async with gateway.live("?batch=1") as live:
        await live.subscribe(f"run:{run_id}", cursor=1)
        await asyncio.sleep(0.05)
        await gateway.ledger.complete_run(run_id)
        last = len(gateway.ledger.runs[run_id].events)
        seen: list[int] = []
        messages = 0
        while not seen or seen[-1] < last:
            found = msgspec.json.decode(await live.socket.recv())
            messages += 1
            seen += [frame["cursor"] for frame in (found if isinstance(found, list) else [found])]
        assert seen == list(range(2, last + 1))
        assert messages < last / 2
