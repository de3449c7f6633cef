"""Following a topic across lost connections."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from assay.client import Unreachable, follow
from assay.client.backoff import Backoff
from assay.client.errors import ClientError
from assay.contracts.codec import decode
from assay.contracts.ids import attempt_id
from assay.contracts.leaderboard import Board
from assay.contracts.live import Degraded, FactFrame, RunSnapshot, Snapshot, state_kind
from assay.contracts.problems import ProblemError
from tests.faults.simulation.world.virtual_loop import VirtualLoop
from tests.gateway.harness import open_gateway


def quick() -> Backoff:
    return Backoff(0.02, 0.05)


async def test_a_topic_begins_with_a_snapshot_followed_by_facts(tmp_path: Path) -> None:
    async with open_gateway(tmp_path) as gateway:
        run_id = await gateway.ledger.new_run(attempts=2)
        topic = f"run:{run_id}"
        async with aclosing(follow(gateway.url, topic)) as frames:
            first = await anext(frames)
            assert isinstance(first, Snapshot)
            state = decode(state_kind(topic), first.data)
            assert isinstance(state, RunSnapshot)
            assert len(state.attempts) == 2
            await gateway.ledger.complete_run(run_id)
            seen = [await anext(frames) for _ in range(12)]
            assert [frame.cursor for frame in seen if isinstance(frame, FactFrame)] == list(range(2, 14))


async def test_a_lost_connection_neither_loses_nor_duplicates_facts(tmp_path: Path) -> None:
    """The gateway stops and starts again; facts from the time between arrive."""
    async with open_gateway(tmp_path) as first:
        bus, ledger, port = first.bus, first.ledger, first.port
        run_id = await ledger.new_run(attempts=1)
        frames = follow(first.url, f"run:{run_id}", backoff=quick())
        assert isinstance(await anext(frames), Snapshot)
        await ledger.start(run_id)
        assert cursor_of(await anext(frames)) == 2
    await ledger.advance(run_id, 0)
    broken = await anext(frames)
    assert isinstance(broken, Degraded)
    assert broken.degraded
    async with open_gateway(tmp_path, bus=bus, port=port) as second:
        second.ledger.runs = ledger.runs
        assert await anext(frames) == Degraded(degraded=False)
        assert cursor_of(await anext(frames)) == 3
        await ledger.advance(run_id, 0)
        assert cursor_of(await anext(frames)) == 4
        await frames.aclose()


def cursor_of(frame: object) -> int:
    assert isinstance(frame, FactFrame)
    return frame.cursor


async def test_topics_without_cursors_begin_with_a_snapshot(tmp_path: Path) -> None:
    async with open_gateway(tmp_path) as gateway, aclosing(follow(gateway.url, "leaderboard")) as frames:
        frame = await anext(frames)
        assert isinstance(frame, Snapshot)
        assert isinstance(decode(state_kind("leaderboard"), frame.data), Board)


async def test_following_an_unknown_id_is_a_404(tmp_path: Path) -> None:
    async with open_gateway(tmp_path) as gateway:
        for topic in ("run:000", f"attempt:{attempt_id('000', 1)}", "attempt:000"):
            with pytest.raises(ProblemError) as raised:
                await anext(follow(gateway.url, topic))
            assert raised.value.problem.status == 404


async def test_a_wrong_token_is_unauthorized(tmp_path: Path) -> None:
    async with open_gateway(tmp_path, token="secret") as gateway:
        with pytest.raises(ProblemError) as raised:
            await anext(follow(gateway.url, "runs", token="wrong"))
        assert raised.value.problem.code == "unauthorized"
        assert isinstance(await anext(follow(gateway.url, "runs", token="secret")), Snapshot)


async def test_an_address_without_a_server_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await anext(follow("http://127.0.0.1:9", "runs"))
    with pytest.raises(ClientError, match="address"):
        await anext(follow("127.0.0.1:9", "runs"))


def test_pauses_grow_until_reset() -> None:
    """In virtual time, which only pauses advance."""
    backoff, loop = Backoff(0.1, 2.0), VirtualLoop()

    def pause() -> float:
        before = loop.time()
        loop.run_until_complete(backoff.pause())
        return loop.time() - before

    lengths = [pause() for _ in range(7)]
    assert lengths[0] <= 0.1 < 0.4 <= lengths[3] <= 0.8
    assert max(lengths) <= 2.0
    backoff.reset()
    assert pause() <= 0.1
    loop.close()
