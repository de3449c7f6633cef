"""Replaying a run's stored responses, and previewing prompts."""

from __future__ import annotations

import json

import pytest

from assay.artifacts import pack
from assay.catalog import make_bundles
from assay.contracts.codec import encode
from assay.contracts.models import Parameters, ToolCalls
from assay.contracts.money import Price
from assay.contracts.problems import ProblemError
from assay.contracts.replay import Responses
from assay.contracts.rpc import PreviewPrompt, Prompt
from assay.contracts.tasks import Limits
from services.runner.prompt_preview import MAX_BYTES, on_prompts_preview
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import RunnerHarness

FREE = Price(version="replay", local=True)


@pytest.mark.parametrize(("sample", "answer"), [("sky", "blue"), ("grass", "no idea")])
async def test_stored_responses_are_free_and_found_by_sample(
    runner: RunnerHarness, endpoint: FakeEndpoint, sample: str, answer: str
) -> None:
    responses = Responses(responses={"colours": {"sky": "blue"}}, default="no idea")
    ref = await runner.stores["public"].put(encode(responses))
    report = await runner.run_attempt(
        "colours", "replay/mine", sample_id=sample, replay=ref, price=FREE, grant_nanousd=0
    )
    assert (report.outcome, report.reason) == (None, "")
    assert await runner.read(report.output) == answer.encode()
    assert [(call.model, call.cost_nanousd) for call in report.calls] == [("replay/mine", 0)]
    assert report.calls[0].usage.output_tokens > 0
    assert not endpoint.bodies
    manifest = json.loads(await runner.read(report.artifacts["manifest.json"]))
    assert manifest["replay"]["sha256"] == ref.sha256


async def test_stored_responses_may_contain_files(runner: RunnerHarness) -> None:
    text = "total.py\n```\ntotal = sum\n```"
    ref = await runner.stores["public"].put(encode(Responses(default=text)))
    report = await runner.run_attempt("sum_files", "replay/mine", replay=ref, price=FREE, grant_nanousd=0)
    assert (await runner.output(report))["total.py"] == b"total = sum\n"


async def preview(runner: RunnerHarness, task_id: str, **fields: object) -> Prompt:
    task = runner.catalog.find_task(task_id)
    public = await runner.stores["public"].put(pack(make_bundles(task).public))
    request = PreviewPrompt(public=public, sample_id=task.sample_ids[0], limits=Limits(turns=9), **fields)  # pyright: ignore[reportArgumentType]
    return await on_prompts_preview(request, runner.ports.bundles)


@pytest.mark.parametrize("task_id", ["colours", "sum_files", "fix_sum"])
async def test_a_preview_shows_what_would_be_sent(runner: RunnerHarness, endpoint: FakeEndpoint, task_id: str) -> None:
    shown = await preview(runner, task_id)
    assert not endpoint.bodies
    await runner.run_attempt(task_id, "stub/m-1", limits=Limits(wall_seconds=30, max_tokens=100, turns=9))
    sent = endpoint.bodies[0]["messages"]
    assert [(message.role, message.content) for message in shown.messages] == [
        (message["role"], message["content"]) for message in sent
    ]
    assert list(shown.tools) == [tool["function"]["name"] for tool in endpoint.bodies[0].get("tools", [])]
    assert not shown.truncated


async def test_a_preview_shows_tools_described_in_text(runner: RunnerHarness) -> None:
    shown = await preview(runner, "fix_sum", parameters=Parameters(tools=ToolCalls.TEXT))
    assert shown.tools == ()
    assert "text_editor" in shown.messages[-1].content


async def test_a_preview_shows_a_programs_instructions(runner: RunnerHarness) -> None:
    shown = await preview(runner, "by_program")
    assert shown.messages[0].content == "Make total() the sum of its arguments."
    assert "its own program (python3) asks the model" in shown.note


async def test_a_long_preview_is_cut_and_an_unknown_sample_refused(runner: RunnerHarness) -> None:
    task = runner.catalog.find_task("sum_files")
    huge = {**make_bundles(task).public, "workspace/huge.txt": b"x" * (MAX_BYTES + 1)}
    ref = await runner.stores["public"].put(pack(huge))
    shown = await on_prompts_preview(PreviewPrompt(public=ref, sample_id="main"), runner.ports.bundles)
    assert shown.truncated
    assert sum(len(message.content) for message in shown.messages) <= MAX_BYTES
    with pytest.raises(ProblemError, match="no sample 'other'"):
        await on_prompts_preview(PreviewPrompt(public=ref, sample_id="other"), runner.ports.bundles)
