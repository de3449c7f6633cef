"""Solver ``answer``, from the ticket to the report."""

from __future__ import annotations

import json
import time

import msgspec

from assay.contracts.codec import encode
from assay.contracts.models import ModelSpec, Parameters
from assay.contracts.tasks import PublicTask
from services.runner.handlers import on_ticket
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RUN, RunnerHarness


async def test_an_answer_is_submitted_with_its_artifacts(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default.text = "blue\n"
    started = time.monotonic()
    report = await runner.run_attempt("colours", "stub/m-1")
    took_seconds = time.monotonic() - started
    assert (report.outcome, report.reason, report.fault) == (None, "", None)
    assert (report.message_id, report.worker_id) == (f"{RUN}-7:3:executed", "runner-1")
    assert await runner.read(report.output) == b"blue\n"
    assert sorted(report.artifacts) == ["manifest.json", "prompt.json", "response.txt", "result.json", "task.json"]
    assert report.output == report.artifacts["response.txt"]
    assert 0 < report.duration_seconds < took_seconds
    prompt = json.loads(await runner.read(report.artifacts["prompt.json"]))
    assert prompt == endpoint.bodies[0]["messages"]
    assert prompt[0] == {"role": "system", "content": "You answer with one word."}
    assert prompt[1] == {"role": "user", "content": "Which colour is this?\n\nThe sky by day."}
    result = json.loads(await runner.read(report.artifacts["result.json"]))
    assert result["calls"] == json.loads(encode(report.calls))
    assert result["cost_nanousd"] == report.calls[0].cost_nanousd


async def test_all_attempts_share_one_task_json(runner: RunnerHarness) -> None:
    reports = [await runner.run_attempt("colours", "stub/m-1", sample_id=sample) for sample in ("sky", "grass")]
    assert reports[0].artifacts["task.json"] == reports[1].artifacts["task.json"]
    resolved = json.loads(await runner.read(reports[0].artifacts["task.json"]))
    assert msgspec.convert(resolved["task"], PublicTask).task_id == "colours"
    limits = {name: value for name, value in resolved["limits"].items() if value is not None}
    assert limits == {"wall_seconds": 30.0, "max_tokens": 100}


async def test_the_tasks_token_limit_caps_the_runs(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    for max_tokens in (None, 20, 5000):
        spec = ModelSpec(name="stub/m-1", parameters=Parameters(max_tokens=max_tokens, stream=False))
        await on_ticket(msgspec.structs.replace(await runner.ticket("colours", "stub/m-1"), model=spec), runner.ports)
    assert [body["max_tokens"] for body in endpoint.bodies] == [100, 20, 100]


async def test_an_answer_cut_off_by_max_tokens_is_graded(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default.finish_reason = "length"
    report = await runner.run_attempt("colours", "stub/m-1")
    assert report.outcome is None
    assert report.calls[0].finish_reason == "length"


async def test_control_characters_are_stored_unchanged_but_not_in_the_report(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    wild = "\0\x1b[31m<script>alert(1)</script>\n" * 3
    endpoint.default = Reply(text=wild, finish_reason="st\0p")
    report = await runner.run_attempt("colours", "stub/m-1")
    assert await runner.read(report.output) == wild.encode()
    assert b"\\u0000" not in encode(report)
    assert report.calls[0].finish_reason == "st\ufffdp"


async def test_ten_megabytes_are_truncated_and_marked(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="0123456789" * 1_000_000, piece=200_000)
    report = await runner.run_attempt("colours", "stub/m-1")
    assert report.output is not None
    assert report.output.truncated
    assert (await runner.read(report.output)).startswith(b"0123456789")
    assert report.calls[0].estimated, "the stream was not read to its usage"
    assert len(encode(report)) < 10_000
