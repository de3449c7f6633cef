"""From a ticket to a report: with real tasks, a real store, real sandboxes, and a server on a socket for a model."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from assay.artifacts import StoreUnreachable
from assay.contracts import subjects
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Fault
from assay.contracts.codec import decode, encode
from assay.contracts.models import CallFault, ModelSpec, Parameters, Usage
from assay.contracts.money import Price
from assay.contracts.rpc import ModelEndpoint, ServeModel
from assay.contracts.tail import TailKind, TailLine
from assay.contracts.tasks import Limits, PublicTask, SandboxSpec
from assay.contracts.verdicts import Outcome
from assay.embedded.model_host import ModelHost
from assay.sandbox import Availability, Mounts, Sandbox
from assay.sandbox.errors import SandboxNotStarted
from services.runner.handlers import on_ticket
from services.runner.models.shelf import Served, Shelf
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.room import PRICE, RUN, Room

RIGHT = "def total(*numbers):\n    return sum(numbers)\n"
PATCH = """--- a/total.py
+++ b/total.py
@@ -1,2 +1,2 @@
 def total(*numbers):
-    return 0
+    return sum(numbers)
"""


# --- solver answer


async def test_an_answer_is_handed_in_with_all_that_led_to_it(runner: Room, served: Endpoint) -> None:
    served.default.text = "blue\n"
    report = await runner.make("colours", "stub/m-1")
    assert (report.outcome, report.reason, report.fault) == (None, "", None)
    assert (report.message_id, report.worker_id) == (f"{RUN}-7:3:executed", "runner-1")
    assert await runner.read(report.output) == b"blue\n"
    assert sorted(report.artifacts) == ["prompt.json", "response.txt", "result.json", "task.json"]
    assert report.output == report.artifacts["response.txt"]
    assert 0 < report.duration_seconds < 5
    prompt = json.loads(await runner.read(report.artifacts["prompt.json"]))
    assert prompt == served.bodies[0]["messages"]
    assert prompt[0] == {"role": "system", "content": "You answer with one word."}
    assert prompt[1] == {"role": "user", "content": "Which colour is this?\n\nThe sky by day."}
    result = json.loads(await runner.read(report.artifacts["result.json"]))
    assert result["calls"] == json.loads(encode(report.calls))
    assert result["cost_nanousd"] == report.calls[0].cost_nanousd


async def test_the_resolved_task_is_the_same_artifact_for_all_its_attempts(runner: Room) -> None:
    reports = [await runner.make("colours", "stub/m-1", sample_id=sample) for sample in ("sky", "grass")]
    assert reports[0].artifacts["task.json"] == reports[1].artifacts["task.json"]
    resolved = json.loads(await runner.read(reports[0].artifacts["task.json"]))
    assert msgspec.convert(resolved["task"], PublicTask).task_id == "colours"
    assert resolved["limits"] == {"wall_seconds": 30.0, "max_tokens": 100}


async def test_the_tasks_limit_on_tokens_holds_over_the_runs(runner: Room, served: Endpoint) -> None:
    for asked in (None, 20, 5000):
        spec = ModelSpec(name="stub/m-1", parameters=Parameters(max_tokens=asked, stream=False))
        await on_ticket(msgspec.structs.replace(await runner.ticket("colours", "stub/m-1"), model=spec), runner.ports)
    assert [body["max_tokens"] for body in served.bodies] == [100, 20, 100]


async def test_what_ends_at_the_limit_of_tokens_is_graded_all_the_same(runner: Room, served: Endpoint) -> None:
    served.default.finish_reason = "length"
    report = await runner.make("colours", "stub/m-1")
    assert report.outcome is None
    assert report.calls[0].finish_reason == "length"


async def test_wild_output_is_kept_byte_for_byte_and_the_report_can_be_stored(runner: Room, served: Endpoint) -> None:
    wild = "\0\x1b[31m<script>alert(1)</script>\n" * 3
    served.default = Reply(text=wild, finish_reason="st\0p")
    report = await runner.make("colours", "stub/m-1")
    assert await runner.read(report.output) == wild.encode()
    assert b"\\u0000" not in encode(report)
    assert report.calls[0].finish_reason == "st\ufffdp"


async def test_ten_megabytes_are_cut_and_marked(runner: Room, served: Endpoint) -> None:
    served.default = Reply(text="0123456789" * 1_000_000, piece=200_000)
    report = await runner.make("colours", "stub/m-1")
    assert report.output is not None
    assert report.output.truncated
    assert (await runner.read(report.output)).startswith(b"0123456789")
    assert report.calls[0].estimated, "the usage at the end of the stream was not reached"
    assert len(encode(report)) < 10_000


# --- solver files


@pytest.mark.parametrize(
    "text", [f"total.py\n```python\n{RIGHT}```", f"```diff\n{PATCH}```", PATCH], ids=["whole", "diff", "bare diff"]
)
async def test_files_are_handed_in_with_the_difference(runner: Room, served: Endpoint, text: str) -> None:
    served.default.text = text
    report = await runner.make("sum_files", "stub/m-1")
    assert (report.outcome, report.reason) == (None, "")
    assert await runner.output(report) == {"total.py": RIGHT.encode(), "lib/numbers.py": b"ONE = 1\nTWO = 2\n"}
    assert await runner.read(report.artifacts["patch.diff"]) == f"diff --git a/total.py b/total.py\n{PATCH}".encode()


async def test_the_model_is_shown_the_workspace(runner: Room, served: Endpoint) -> None:
    await runner.make("sum_files", "stub/m-1")
    prompt = served.bodies[0]["messages"][0]["content"]
    assert "Make total() the sum of its arguments." in prompt
    assert "lib/numbers.py\n```\nONE = 1\nTWO = 2\n```" in prompt
    assert "Hand in total.py, lib/." in prompt


async def test_new_files_below_a_declared_folder_are_handed_in(runner: Room, served: Endpoint) -> None:
    served.default.text = f"lib/sums.py\n```python\n{RIGHT}```\ntotal.py\n```\nfrom lib.sums import total\n```"
    report = await runner.make("sum_files", "stub/m-1")
    assert sorted(await runner.output(report)) == ["lib/numbers.py", "lib/sums.py", "total.py"]
    patch = await runner.read(report.artifacts["patch.diff"])
    assert b"new file mode 100644\n--- /dev/null\n+++ b/lib/sums.py\n@@ -0,0 +1,2 @@\n" in patch


async def test_what_was_not_asked_for_is_left_behind_and_told(runner: Room, served: Endpoint) -> None:
    served.default.text = f"total.py\n```python\n{RIGHT}```\nextra.py\n```\nx = 1\n```"
    report = await runner.make("sum_files", "stub/m-1")
    assert report.outcome is None
    assert "extra.py" not in await runner.output(report)
    notes = json.loads(await runner.read(report.artifacts["result.json"]))["notes"]
    assert notes == ["not asked for, and left behind: extra.py"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I would rather not.", "the answer has no file in it"),
        (f"```diff\n{PATCH.replace('return 0', 'return 7')}```", "the diff does not apply: patch failed: total.py:1"),
        ("--- a/gone.py\n+++ b/gone.py\n@@ -1 +1 @@\n-x\n+y\n", "writes gone.py, and none of the outputs asked for"),
        ("--- a/lib/no.py\n+++ b/lib/no.py\n@@ -1 +1 @@\n-x\n+y\n", "No such file or directory"),
        ("notes.txt\n```\nx\n```", "writes notes.txt, and none of the outputs asked for: total.py, lib/"),
        (f"../total.py\n```\n{RIGHT}```", "cannot be taken"),
        ("--- a/total.py\n+++ b/../../etc/x\n@@ -1 +1 @@\n-x\n+y\n", "cannot be taken"),
        ("total.py/x.py\n```\nx\n```\nlib/a.py\n```\nx\n```", "cannot be taken"),
    ],
)
async def test_an_answer_nothing_can_be_made_of_is_the_models_error(
    runner: Room, served: Endpoint, text: str, reason: str
) -> None:
    served.default.text = text
    report = await runner.make("sum_files", "stub/m-1")
    assert report.outcome is Outcome.AGENT_ERROR
    assert reason in report.reason
    assert report.fault is None
    assert report.output is None
    assert await runner.read(report.artifacts["response.txt"]) == text.encode()
    assert report.calls[0].cost_nanousd > 0


async def test_what_git_said_is_kept(runner: Room, served: Endpoint) -> None:
    served.default.text = PATCH.replace("return 0", "return 7")
    report = await runner.make("sum_files", "stub/m-1")
    assert b"patch failed: total.py:1" in await runner.read(report.artifacts["stderr.txt"])
    assert "stdout.txt" in report.artifacts


async def test_a_link_in_a_diff_crosses_nothing(runner: Room, served: Endpoint) -> None:
    link = "diff --git a/lib/link b/lib/link\nnew file mode 120000\n--- /dev/null\n+++ b/lib/link\n@@ -0,0 +1 @@\n"
    served.default.text = f"```diff\n{link}+/etc/passwd\n\\ No newline at end of file\n{PATCH}```"
    report = await runner.make("sum_files", "stub/m-1")
    assert sorted(await runner.output(report)) == ["lib/numbers.py", "total.py"]


class FullHost:
    """A sandbox provider on a host that has no room for one more."""

    name = "full"

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        if spec:
            raise SandboxNotStarted("no room left")
        yield  # pyright: ignore[reportReturnType]

    async def check(self) -> Availability:
        return Availability(provider=self.name, available=False, reason="no room left")


async def test_a_sandbox_that_does_not_start_is_never_the_models_failure(runner: Room, served: Endpoint) -> None:
    served.default.text = f"total.py\n```\n{RIGHT}```"
    ports = replace(runner.ports, sandboxes=FullHost())
    report = await on_ticket(await runner.ticket("sum_files", "stub/m-1"), ports)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="sandbox", message="no room left", new_try=True)
    assert report.calls[0].cost_nanousd > 0, "what was spent stays spent"


# --- baselines and scripts


async def test_the_oracle_hands_in_the_reference(runner: Room) -> None:
    files, answer = await runner.make("sum_files", "oracle"), await runner.make("colours", "oracle", sample_id="grass")
    assert (await runner.output(files))["total.py"] == RIGHT.encode()
    assert await runner.read(answer.output) == b"green"
    assert (files.outcome, files.calls, answer.calls) == (None, (), ())


async def test_the_nop_hands_in_what_is_worth_nothing(runner: Room) -> None:
    files, answer = await runner.make("sum_files", "nop"), await runner.make("colours", "nop")
    assert (await runner.output(files))["total.py"] == b"def total(*numbers):\n    return 0\n"
    assert await runner.read(answer.output) == b"none"
    assert await runner.read(files.artifacts["patch.diff"]) == b""


async def test_a_script_is_counted_and_charged_like_a_model(runner: Room) -> None:
    sky, grass = [await runner.make("colours", "scripted/colours", sample_id=name) for name in ("sky", "grass")]
    assert await runner.read(sky.output) == b"blue"
    assert await runner.read(grass.output) == b"I do not know"
    call = sky.calls[0]
    assert call.usage == Usage(input_tokens=24, output_tokens=1)
    assert call.cost_nanousd == 24 * 2500 + 10_001
    assert not call.estimated


# --- money


async def test_a_call_costs_what_it_used_to_the_nano(runner: Room, served: Endpoint) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 3}}
    served.default.usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    (call,) = (await runner.make("colours", "stub/m-1")).calls
    assert call.usage == Usage(input_tokens=11, cached_tokens=4, output_tokens=7, reasoning_tokens=3)
    # 7 x 2500 + 4 x 1250 + 7 x 10000.000001, rounded up
    assert call.cost_nanousd == 17_500 + 5_000 + 70_001
    assert (call.price_version, call.estimated, call.retries, call.fault) == ("2026-01", False, 0, None)
    assert 0 < call.latency_seconds < 5


async def test_usage_nobody_told_is_estimated(runner: Room, served: Endpoint) -> None:
    served.default = Reply(text="blue " * 20, usage=None)
    (call,) = (await runner.make("colours", "stub/m-1")).calls
    assert call.estimated
    assert call.usage == Usage(input_tokens=24, output_tokens=21)
    assert call.cost_nanousd == PRICE.cost(input_tokens=24, output_tokens=21)


async def test_a_local_model_costs_nothing_and_says_so(runner: Room) -> None:
    free = Price(version="local", local=True)
    (call,) = (await runner.make("colours", "stub/m-1", price=free)).calls
    assert (call.cost_nanousd, call.price_version, call.usage.input_tokens) == (0, "local", 11)


async def test_requests_that_failed_are_counted_and_those_that_may_be_charged_are_booked(
    runner: Room, served: Endpoint
) -> None:
    served.replies.extend([Reply(status=500), Reply(hang=True), Reply(status=429, headers={"retry-after-ms": "1"})])
    report = await runner.make("colours", "stub/m-1")
    lost, answered = report.calls
    assert (lost.fault, lost.estimated, lost.retries) == (CallFault.TIMEOUT, True, 1)
    assert lost.usage == Usage(input_tokens=int(24 * 1.25) + 1, output_tokens=100), "the worst case"
    assert lost.cost_nanousd == PRICE.cost(input_tokens=31, output_tokens=100)
    assert (answered.fault, answered.estimated, answered.retries) == (None, False, 1)
    assert len(report.calls) + sum(call.retries for call in report.calls) == len(served.bodies) == 4


# --- providers that fail


@pytest.mark.parametrize(
    ("reply", "fault", "requests"),
    [
        (Reply(status=503, text="down for tea"), CallFault.PROVIDER, 4),
        (Reply(status=429), CallFault.RATE_LIMITED, 4),
        (Reply(status=429, headers={"retry-after": "3600"}), CallFault.RATE_LIMITED, 1),
        (Reply(status=401), CallFault.CONFIGURATION, 1),
        (Reply(raw=b"<html>"), CallFault.PROVIDER, 4),
    ],
    ids=["down", "busy", "busy for an hour", "key", "nonsense"],
)
async def test_a_provider_that_fails_ends_the_attempt_as_infra_error(
    runner: Room, served: Endpoint, reply: Reply, fault: CallFault, requests: int
) -> None:
    served.default = reply
    report = await runner.make("colours", "stub/m-1")
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == (fault, False)
    assert reply.text in report.reason or reply.raw
    assert len(served.bodies) == requests
    assert len(report.calls) + sum(call.retries for call in report.calls) == requests
    assert report.calls[-1].fault is fault


async def test_retry_after_is_waited_for(runner: Room, served: Endpoint) -> None:
    served.replies.append(Reply(status=429, headers={"retry-after": "0.4"}))
    started = time.monotonic()
    report = await runner.make("colours", "stub/m-1")
    assert time.monotonic() - started >= 0.4
    assert (report.outcome, report.calls[0].retries) == (None, 1)
    assert report.duration_seconds < 0.4, "waiting is not the model's time"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("keyless/m", "set KEYLESS_KEY in the runner's environment"),
        ("homeless/m", "set HOMELESS_URL in the runner's environment"),
        ("stubb/m", "unknown provider 'stubb'"),
        ("scripted/nothing", "does not have 'scripted/nothing'"),
    ],
)
async def test_what_the_runner_lacks_is_a_configuration_fault(runner: Room, model: str, words: str) -> None:
    report = await runner.make("colours", model)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == (CallFault.CONFIGURATION, False)
    assert words in report.reason


async def test_a_key_is_in_nothing_that_is_kept_or_said(runner: Room, served: Endpoint) -> None:
    served.default = Reply(status=401, text="wrong key")
    report = await runner.make("colours", "stub/m-1")
    assert served.headers[0]["authorization"] == "Bearer sk-stub-secret"
    kept = [encode(report), *[await runner.read(ref) for ref in report.artifacts.values()]]
    assert not any(b"sk-stub-secret" in data for data in kept)


@pytest.mark.parametrize("reply", [Reply(finish_reason="content_filter"), Reply(text="", refusal="No.")])
async def test_a_refusal_is_an_outcome_of_its_own(runner: Room, served: Endpoint, reply: Reply) -> None:
    served.default = reply
    report = await runner.make("colours", "stub/m-1")
    assert report.outcome is Outcome.REFUSED
    assert report.calls[0].cost_nanousd > 0


async def test_a_prompt_too_long_for_the_model_is_a_limit(runner: Room, served: Endpoint) -> None:
    error = {"message": "request (9000 tokens) exceeds 4096", "type": "exceed_context_size_error"}
    served.default = Reply(status=400, raw=json.dumps({"error": error}).encode())
    report = await runner.make("colours", "stub/m-1")
    assert report.outcome is Outcome.LIMIT
    assert "exceeds 4096" in report.reason


# --- time


async def test_the_wall_limit_ends_the_attempt_and_keeps_what_was_heard(runner: Room, served: Endpoint) -> None:
    served.default = Reply(hang=True)
    limits = Limits(wall_seconds=0.2, max_tokens=100)
    report = await runner.make("colours", "stub/m-1", limits=limits)
    assert report.outcome is Outcome.TIMEOUT
    assert "0.2 s" in report.reason
    assert "response.txt" in report.artifacts
    (call,) = report.calls
    assert (call.fault, call.estimated) == (CallFault.TIMEOUT, True)
    assert call.cost_nanousd == PRICE.cost(input_tokens=31, output_tokens=100)


async def test_waiting_for_a_free_place_at_the_provider_is_not_on_the_clock(runner: Room, served: Endpoint) -> None:
    served.default = Reply(silent_seconds=0.2)
    limits = Limits(wall_seconds=0.45, max_tokens=100)
    tickets = [await runner.ticket("colours", "stub/m-1", limits=limits) for _ in range(6)]
    reports = await asyncio.gather(*(on_ticket(ticket, runner.ports) for ticket in tickets))
    assert [report.outcome for report in reports] == [None] * 6
    assert served.most_at_once == 2, "the provider's concurrency"
    assert all(report.duration_seconds < 0.45 for report in reports)


async def test_a_try_that_is_stopped_reports_what_it_spent(runner: Room, served: Endpoint) -> None:
    served.default = Reply(hang=True)
    task = asyncio.create_task(runner.make("colours", "stub/m-1"))
    await asyncio.sleep(0.2)
    task.cancel()
    report = await task
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == ("interrupted", True)
    assert report.calls[0].cost_nanousd > 0


# --- our own troubles


class FailingStore:
    """An area of a store that is away."""

    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        raise StoreUnreachable("the store is away")

    async def get(self, ref: ArtifactRef) -> bytes:
        raise StoreUnreachable("the store is away")


async def test_a_store_that_is_away_asks_for_a_new_try(runner: Room, served: Endpoint) -> None:
    ports = replace(runner.ports, attempts=FailingStore())
    report = await on_ticket(await runner.ticket("colours", "stub/m-1"), ports)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="artifacts", message="the store is away", new_try=True)
    assert not served.bodies, "nothing was spent"


@pytest.mark.parametrize(
    "changes",
    [{"sample_id": "sea"}, {"public": None}, {"public": ArtifactRef(sha256="0" * 64, size_bytes=1)}],
    ids=["sample", "no bundle", "lost bundle"],
)
async def test_a_ticket_that_cannot_be_right_is_no_failure_of_the_model(runner: Room, changes: dict[str, Any]) -> None:
    report = await runner.make("colours", "stub/m-1", **changes)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert not report.fault.new_try


async def test_an_error_nobody_foresaw_asks_for_a_new_try(runner: Room) -> None:
    class Broken:
        def open(self, name: str, task_id: str, sample_id: str) -> Served:
            raise ZeroDivisionError("a bug")

    report = await on_ticket(await runner.ticket("colours", "stub/m-1"), replace(runner.ports, models=Broken()))
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="internal", message="a bug", new_try=True)


# --- what is seen meanwhile


async def test_the_tail_shows_the_model_in_few_lines(runner: Room, served: Endpoint) -> None:
    served.default = Reply(text="word \0" * 400, piece=6)
    async with runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        report = await runner.make("colours", "stub/m-1")
        lines = [decode(TailLine, await anext(frames)) for _ in range(2)]
        while sum(len(line.text) for line in lines if line.kind is TailKind.MODEL) < 2000:
            lines.append(decode(TailLine, await anext(frames)))
    assert (lines[0].kind, lines[0].text) == (TailKind.STEP, "calling the model")
    assert {line.token for line in lines} == {3}
    assert len(lines) <= 4 + 10 * report.duration_seconds
    assert not any("\0" in line.text for line in lines)


# --- the model on this machine


async def test_the_local_model_is_found_over_the_bus_and_again_after_it_moved(runner: Room, served: Endpoint) -> None:
    asked: list[str] = []

    async def serve_model(request: ServeModel) -> ModelEndpoint:
        asked.append(request.model)
        url = "http://127.0.0.1:9/v1" if len(asked) == 1 else served.url
        return ModelEndpoint(base_url=url, model="small")

    await runner.bus.rpc.serve("modelhost", {ServeModel: serve_model})
    first, second = [await runner.make("colours", "local/smollm2-135m") for _ in range(2)]
    assert (first.outcome, first.calls[0].retries) == (None, 1)
    assert (second.outcome, second.calls[0].retries) == (None, 0)
    assert asked == ["smollm2-135m"] * 2
    assert served.bodies[0]["model"] == "small"


async def test_without_a_model_host_it_is_a_connection_fault(runner: Room) -> None:
    report = await runner.make("colours", "local/smollm2-135m")
    assert report.fault is not None
    assert report.fault.kind == CallFault.CONNECTION
    assert "model host does not answer" in report.reason


async def test_a_real_model_answers(runner: Room) -> None:
    host = ModelHost()
    await runner.bus.rpc.serve("modelhost", {ServeModel: host.on_models_serve})
    limits = Limits(wall_seconds=60, max_tokens=8)
    free = Price(version="local", local=True)
    patient = Shelf(runner.catalog, runner.bus.rpc, {}, silence_seconds=60)
    ticket = await runner.ticket("colours", "local/smollm2-135m", limits=limits, price=free)
    report = await on_ticket(ticket, replace(runner.ports, models=patient))
    await patient.close()
    host.close()
    assert (report.outcome, report.fault) == (None, None)
    assert (await runner.read(report.output)).strip()
    (call,) = report.calls
    assert (call.cost_nanousd, call.estimated) == (0, False)
    assert call.usage.input_tokens > 10
    assert 0 < call.usage.output_tokens <= 8
