"""How an agent ends: by submitting, idling, reaching a limit, or through a failure of the host."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from assay.contracts import subjects
from assay.contracts.models import Parameters
from assay.contracts.money import usd
from assay.contracts.tail import StepKind
from assay.contracts.tasks import Limits, SandboxSpec
from assay.contracts.verdicts import Outcome
from assay.files import Files
from assay.sandbox import Availability, Command, CommandResult, Mounts, Sandbox
from assay.sandbox.errors import SandboxLost
from services.runner.handlers import on_ticket
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import (
    PRICE,
    RUN,
    SUBMIT,
    RunnerHarness,
    queue_calls,
    read_transcript,
    tool_results,
    wait_for_tail,
)

FIX = ("bash", json.dumps({"command": "echo 'def total(*n): return sum(n)' > total.py"}))
NUMBERS = b"ONE = 1\nTWO = 2\n"
LOOK = ("bash", json.dumps({"command": "ls"}))


def limits(**changes: Any) -> Limits:
    return structs.replace(Limits(wall_seconds=30.0, max_tokens=100, turns=9), **changes)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_calls_run_in_order_until_the_model_submits(
    runner: RunnerHarness, endpoint: FakeEndpoint, stream: bool
) -> None:
    queue_calls(endpoint, (LOOK, FIX), (("bash", json.dumps({"command": "cat total.py"})), SUBMIT, LOOK))
    ticket = await runner.ticket("fix_sum", "stub/m-1", limits=limits())
    model = structs.replace(ticket.model, parameters=Parameters(stream=stream))
    report = await on_ticket(structs.replace(ticket, model=model), runner.ports)
    assert (report.outcome, report.reason, len(report.calls)) == (None, "", 2)
    assert await runner.output(report) == {"total.py": b"def total(*n): return sum(n)\n", "lib/numbers.py": NUMBERS}
    assert await tool_results(runner, report) == [
        "lib\nnotes.txt\ntotal.py\n[exit code 0]",
        "[exit code 0]",
        "def total(*n): return sum(n)\n[exit code 0]",
        "submitted",
    ]
    assert b"+def total(*n): return sum(n)\n" in await runner.read(report.artifacts["patch.diff"])
    assistant, first, second = endpoint.bodies[1]["messages"][-3:]
    assert [call["function"]["name"] for call in assistant["tool_calls"]] == ["bash", "bash"]
    assert [(it["role"], it["tool_call_id"]) for it in (first, second)] == [("tool", "call_0"), ("tool", "call_1")]
    names = ["bash", "python", "text_editor", "git_diff", "submit"]
    assert [tool["function"]["name"] for tool in endpoint.bodies[0]["tools"]] == names


async def test_two_turns_without_a_tool_call_submit_the_current_files(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    queue_calls(endpoint, (FIX,))
    endpoint.default = Reply(text="I am done.")
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits())
    assert (report.outcome, len(report.calls)) == (None, 3)
    assert (await runner.output(report))["total.py"].startswith(b"def total(*n)")
    assert json.loads(await runner.read(report.artifacts["result.json"]))["notes"] == [
        "the model stopped without submitting"
    ]
    assert await runner.read(report.artifacts["response.txt"]) == b"I am done."


WORST = PRICE.worst_case(input_tokens=20_000, output_tokens=100)


@pytest.mark.parametrize(
    ("changes", "reason", "requests"),
    [
        ({"turns": 3}, "limits.turns: all 3 turns used", 3),
        ({"tool_calls": 2}, "limits.tool_calls: all 2 tool calls used", 3),
        ({"tokens": 40}, "limits.tokens: 54 of 40 tokens used", 3),
        ({"cost_usd": usd(WORST)}, "limits.cost_usd: $0.000000", None),
    ],
    ids=["turns", "tool_calls", "tokens", "cost"],
)
async def test_the_reason_names_the_limit(
    runner: RunnerHarness, endpoint: FakeEndpoint, changes: dict[str, Any], reason: str, requests: int | None
) -> None:
    endpoint.default = Reply(text="", calls=(FIX,), finish_reason="tool_calls")
    if "cost_usd" in changes:
        endpoint.default.usage = {"prompt_tokens": 9_000, "completion_tokens": 7, "total_tokens": 9_007}
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits(**changes))
    assert report.outcome is Outcome.LIMIT
    assert report.reason.startswith(reason.partition("$")[0])
    assert (report.fault, report.output) == (None, None)
    if requests is not None:
        assert len(report.calls) == requests
    else:
        spent = sum(call.cost_nanousd for call in report.calls)
        assert 0 < spent <= WORST
        assert "the next request may cost" in report.reason
    steps = await read_transcript(runner, report)
    assert (steps[-1].kind, steps[-1].text) == (StepKind.END, report.reason)
    assert b"+def total" in await runner.read(report.artifacts["patch.diff"]), "the work so far is stored"


async def test_the_completion_does_not_overdraw_the_token_limit(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (LOOK,), (SUBMIT,))
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits(tokens=60))
    assert report.outcome is None
    assert [body["max_tokens"] for body in endpoint.bodies] == [60, 42]


async def test_a_timeout_keeps_the_transcript(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (("bash", json.dumps({"command": "sleep 20"})),))
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits(wall_seconds=5.0))
    assert (report.outcome, report.reason) == (Outcome.TIMEOUT, "limits.wall_seconds: timed out after 5 s")
    steps = await read_transcript(runner, report)
    assert [step.kind for step in steps] == [StepKind.MESSAGE, StepKind.CALL, StepKind.END]
    assert steps[-1].text == report.reason


async def test_an_interrupted_try_keeps_its_transcript(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (("bash", json.dumps({"command": "sleep 20"})),))
    async with runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        task = asyncio.create_task(runner.run_attempt("fix_sum", "stub/m-1", limits=limits()))
        await wait_for_tail(frames, lambda line: line.step and line.step.kind is StepKind.CALL)
    await asyncio.sleep(0.3)
    task.cancel()
    report = await task
    assert report.fault is not None
    assert (report.outcome, report.fault.kind) == (Outcome.INFRA_ERROR, "interrupted")
    assert len(await read_transcript(runner, report)) >= 1
    assert report.calls[0].cost_nanousd > 0


async def test_a_refusal_ends_the_agent(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="", refusal="No.", finish_reason="stop")
    report = await runner.run_attempt("fix_sum", "stub/m-1", limits=limits())
    assert (report.outcome, report.reason) == (Outcome.REFUSED, "the model refused: No.")


class LosingProvider:
    """Sandboxes that are lost at the model's first command."""

    name = "losing"

    def __init__(self, runner: RunnerHarness) -> None:
        self._real = runner.ports.sandboxes

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        async with self._real.open(spec, mounts=mounts) as sandbox:
            yield _LostSandbox(sandbox)

    async def check(self) -> Availability:
        return await self._real.check()


class _LostSandbox:
    def __init__(self, real: Sandbox) -> None:
        self._real = real
        self.start, self.locate, self.usage = real.start, real.locate, real.usage
        self.connections = real.connections

    async def write(self, files: Files) -> None:
        await self._real.write(files)

    async def run(self, command: Command) -> CommandResult:
        if command.argv[-1] != ":":
            raise SandboxLost("the host took it away")
        return await self._real.run(command)

    async def read(self, patterns: Sequence[str]) -> Files:
        return await self._real.read(patterns)


async def test_losing_the_sandbox_is_an_infrastructure_error(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (FIX,))
    ports = replace(runner.ports, sandboxes=LosingProvider(runner))
    report = await on_ticket(await runner.ticket("fix_sum", "stub/m-1", limits=limits()), ports)
    assert report.fault is not None
    assert (report.outcome, report.fault.kind, report.fault.new_try) == (Outcome.INFRA_ERROR, "sandbox", True)
    assert report.calls[0].cost_nanousd > 0
    assert [step.kind for step in await read_transcript(runner, report)] == [StepKind.MESSAGE, StepKind.CALL]
