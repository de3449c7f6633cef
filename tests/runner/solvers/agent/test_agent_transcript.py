"""Transcripts of any length are stored without using memory."""

from __future__ import annotations

import tracemalloc

import pytest

from assay.contracts.codec import decode
from assay.contracts.models import Usage
from assay.contracts.tail import AgentStep, StepKind
from services.runner.solvers.agent.transcript import Transcript
from services.runner.tries.artifacts import ArtifactWriter
from services.runner.tries.tail_buffer import TailBuffer
from services.runner.tries.tail_writer import TailWriter
from services.runner.tries.wall_clock import WallClock
from tests.runner.harness import RunnerHarness

STEPS = 20_000


class FakeSpend:
    usage = Usage(input_tokens=5, output_tokens=2)
    cost_nanousd = 7


@pytest.mark.parametrize("text", ["x" * 500, "\0\ud800 \u2028"], ids=["plain", "awkward"])
async def test_a_long_transcript_does_not_use_memory(runner: RunnerHarness, text: str) -> None:
    tail = TailWriter(await runner.ticket("fix_sum", "stub/m-1"), runner.bus.tail, TailBuffer())
    artifacts = ArtifactWriter(store=runner.ports.attempts)
    tracemalloc.start()
    try:
        with Transcript(tail, FakeSpend(), WallClock(60)) as transcript:
            for _ in range(STEPS):
                await transcript.add(StepKind.RESULT, text, tool="bash", call_id="c")
            ref = await transcript.write_to(artifacts)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2_000_000, "20,000 lines of 700 bytes are 14 MB"
    assert artifacts.refs["transcript.jsonl"] == ref
    lines = (await runner.read(ref)).splitlines()
    assert (len(lines), sum(map(len, lines)) + len(lines)) == (STEPS, ref.size_bytes)
    last = decode(AgentStep, lines[-1])
    assert (last.number, last.tool, last.usage, last.cost_nanousd) == (STEPS, "bash", FakeSpend.usage, 7)


async def test_a_store_without_put_file_gets_the_bytes(runner: RunnerHarness) -> None:
    class Plain:
        def __init__(self) -> None:
            self.put, self.get = runner.stores["attempts"].put, runner.stores["attempts"].get

    artifacts = ArtifactWriter(store=Plain())
    with Transcript(
        TailWriter(await runner.ticket("fix_sum", "stub/m-1"), runner.bus.tail, TailBuffer()),
        FakeSpend(),
        WallClock(60),
    ) as transcript:
        await transcript.add(StepKind.END, "done")
        ref = await transcript.write_to(artifacts)
    assert decode(AgentStep, (await runner.read(ref)).rstrip()).text == "done"
