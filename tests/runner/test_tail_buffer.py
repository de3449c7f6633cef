"""What a runner keeps of the tails of running tries."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from assay.bus.errors import BusUnavailable
from assay.contracts import subjects
from assay.contracts.codec import MAX_MESSAGE_BYTES, decode, encode
from assay.contracts.rpc import ReadTail, TailBacklog
from assay.contracts.tail import TailKind, TailLine, tail_end
from services.runner.tries.tail_buffer import MAX_BYTES, TailBuffer, TailBuffers
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RUN, RunnerHarness

ATTEMPT = f"{RUN}-7"


def lines_of(texts: list[tuple[TailKind, str]]) -> list[TailLine]:
    lines: list[TailLine] = []
    for kind, text in texts:
        offset = tail_end(lines[-1]) if lines else 0
        now = datetime.now(UTC)
        lines.append(TailLine(attempt_id=ATTEMPT, token=3, kind=kind, text=text, time=now, offset=offset))
    return lines


def filled(lines: list[TailLine]) -> TailBuffer:
    buffer = TailBuffer()
    for line in lines:
        buffer.add(line)
    return buffer


def assert_contiguous(lines: tuple[TailLine, ...]) -> None:
    assert [line.offset for line in lines[1:]] == [tail_end(line) for line in lines[:-1]]


def test_pieces_of_one_text_are_joined_and_other_lines_stay_apart() -> None:
    kinds = [*[(TailKind.MODEL, "wo")] * 300, (TailKind.STEP, "a"), (TailKind.STEP, "b"), (TailKind.REASONING, "")]
    lines = lines_of([*kinds, *[(TailKind.REASONING, "hm ")] * 2000])
    kept = filled(lines).lines()
    assert "".join(line.text for line in kept) == "".join(line.text for line in lines)
    assert [line.text for line in kept[:4]] == ["wo" * 300, "a", "b", ""]
    assert len(kept) == 6
    assert_contiguous(kept)


@pytest.mark.parametrize("text", ["x" * 2000, "\x1b" * 2000, "é\n" * 1000, "", "short\n"])
def test_a_buffer_keeps_the_end_of_what_was_sent_within_its_limit(text: str) -> None:
    lines = lines_of([(TailKind.STDOUT if number % 2 else TailKind.STDERR, text) for number in range(3000)])
    kept = filled(lines).lines()
    assert kept[0].offset > 0
    assert tail_end(kept[-1]) == tail_end(lines[-1])
    assert_contiguous(kept)
    assert len(encode(TailBacklog(lines=kept))) <= MAX_BYTES + len(kept) + 100 < MAX_MESSAGE_BYTES


async def test_the_tail_of_a_running_try_can_be_read_until_it_ends(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(text="The first words. " * 20, piece=6, silent_after=10, silent_seconds=60)
    await runner.bus.rpc.serve_broadcast({ReadTail: runner.ports.tail_buffers.on_tail_read})
    async with runner.bus.tail.listen(subjects.tail("default", RUN, ATTEMPT)) as frames:
        attempt = asyncio.create_task(runner.run_attempt("colours", "stub/m-1"))
        live = [decode(TailLine, await anext(frames))]
        while live[-1].kind is not TailKind.MODEL:
            live.append(decode(TailLine, await anext(frames)))
        backlog = await runner.bus.rpc.request(ReadTail(attempt_id=ATTEMPT))
    assert [line.text for line in backlog.lines][: len(live)] == [line.text for line in live]
    assert_contiguous(backlog.lines)
    attempt.cancel()
    await attempt
    with pytest.raises(BusUnavailable):
        await runner.bus.rpc.request(ReadTail(attempt_id=ATTEMPT))


async def test_the_end_of_an_older_try_does_not_close_the_buffer_of_the_newer(runner: RunnerHarness) -> None:
    buffers = TailBuffers()
    older, newer = [await runner.ticket("colours", "stub/m-1", token=token) for token in (3, 4)]
    buffers.open(older)
    buffers.open(newer).add(lines_of([(TailKind.STEP, "again")])[0])
    buffers.close(older)
    backlog = await buffers.on_tail_read(ReadTail(attempt_id=ATTEMPT))
    assert backlog is not None
    assert [line.text for line in backlog.lines] == ["again"]
    buffers.close(newer)
    assert await buffers.on_tail_read(ReadTail(attempt_id=ATTEMPT)) is None
