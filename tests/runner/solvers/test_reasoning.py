"""Reasoning never reaches a solver, and is stored, counted and shown apart from the answer."""

from __future__ import annotations

import json
from typing import Any

from assay.contracts import subjects
from assay.contracts.codec import decode
from assay.contracts.tail import StepKind, TailKind, TailLine
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RUN, SUBMIT, RunnerHarness, read_transcript

THINKING = "<think>The sky could be grey.</think>\nblue<|im_end|>"


async def test_reasoning_is_stored_and_counted_apart_from_the_answer(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(text=THINKING)
    report = await runner.run_attempt("colours", "stub/m-1")
    assert await runner.read(report.output) == b"blue"
    assert await runner.read(report.artifacts["reasoning.txt"]) == b"The sky could be grey."
    (call,) = report.calls
    assert 0 < call.usage.reasoning_tokens <= call.usage.output_tokens == 7
    assert not call.estimated
    result = json.loads(await runner.read(report.artifacts["result.json"]))
    assert result["notes"] == ["removed the template tokens <|im_end|> from the end of the answer"]


async def test_reasoning_that_is_cut_off_leaves_an_empty_answer(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="<think>The sky could", finish_reason="length")
    report = await runner.run_attempt("colours", "stub/m-1")
    assert await runner.read(report.output) == b""
    result = json.loads(await runner.read(report.artifacts["result.json"]))
    assert result["notes"] == ["the answer is empty: the model wrote only reasoning"]


async def test_what_was_received_before_a_failure_is_separated_too(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(text=THINKING, break_after=11)
    report = await runner.run_attempt("colours", "stub/m-1")
    assert report.fault is not None
    assert await runner.read(report.artifacts["reasoning.txt"]) == b"The sky could be grey."
    assert await runner.read(report.artifacts["response.txt"]) == b"bl"


async def test_the_tail_tells_reasoning_from_the_answer(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text=THINKING, piece=3)
    seen: dict[TailKind, str] = {}
    async with runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        await runner.run_attempt("colours", "stub/m-1")
        while not seen.get(TailKind.MODEL, "").endswith("|>"):
            line = decode(TailLine, await anext(frames))
            seen[line.kind] = seen.get(line.kind, "") + line.text
    assert seen[TailKind.REASONING] == "The sky could be grey."
    assert seen[TailKind.MODEL] == "blue<|im_end|>"


async def test_reasoning_that_the_provider_sends_apart_is_on_the_tail(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    deltas = [{"reasoning_content": "The sky "}, {"reasoning": "is blue."}, {"content": "blue"}]
    events: list[dict[str, Any]] = [{"choices": [{"delta": delta}]} for delta in deltas]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    endpoint.default = Reply(raw=body.encode(), content_type="text/event-stream")
    seen: dict[TailKind, str] = {}
    async with runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        report = await runner.run_attempt("colours", "stub/m-1")
        while seen.get(TailKind.MODEL) != "blue":
            line = decode(TailLine, await anext(frames))
            seen[line.kind] = seen.get(line.kind, "") + line.text
    assert seen[TailKind.REASONING] == "The sky is blue."
    assert await runner.read(report.artifacts["reasoning.txt"]) == b"The sky is blue."
    assert await runner.read(report.output) == b"blue"


async def test_a_draft_in_the_reasoning_is_no_file(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    draft, final = (f"```python total.py\ntotal = {name}\n```" for name in ("max", "sum"))
    endpoint.default = Reply(text=f"{final}\n\n<think>Or rather\n{draft}\n</think>\n")
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert (await runner.output(report))["total.py"] == b"total = sum\n"


async def test_an_agents_reasoning_is_a_step_and_not_sent_back(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(text="<think>Look first.</think>I submit.", calls=(SUBMIT,)))
    report = await runner.run_attempt("fix_sum", "stub/m-1")
    steps = [(step.kind, step.text) for step in await read_transcript(runner, report)]
    assert steps[:2] == [(StepKind.REASONING, "Look first."), (StepKind.MESSAGE, "I submit.")]
    assert "reasoning.txt" not in report.artifacts


async def test_an_agents_history_has_no_reasoning(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(text="<think>Look first.</think>Hm."))
    endpoint.replies.append(Reply(text="", calls=(SUBMIT,)))
    await runner.run_attempt("fix_sum", "stub/m-1")
    history = endpoint.bodies[1]["messages"]
    assert [message["content"] for message in history if message["role"] == "assistant"] == ["Hm."]
