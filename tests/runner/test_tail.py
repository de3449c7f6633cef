"""The tail of a try."""

from __future__ import annotations

from assay.contracts import subjects
from assay.contracts.codec import decode
from assay.contracts.tail import TailKind, TailLine
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RUN, RunnerHarness


async def test_the_tail_shows_the_models_text_in_few_lines(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="word \0" * 400, piece=6)
    async with runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        report = await runner.run_attempt("colours", "stub/m-1")
        lines = [decode(TailLine, await anext(frames)) for _ in range(2)]
        while sum(len(line.text) for line in lines if line.kind is TailKind.MODEL) < 2000:
            lines.append(decode(TailLine, await anext(frames)))
    assert (lines[0].kind, lines[0].text) == (TailKind.STEP, "calling the model")
    assert {line.token for line in lines} == {3}
    assert len(lines) <= 4 + 10 * report.duration_seconds
    assert not any("\0" in line.text for line in lines)
