"""One model fixes one bug with each solver: native tools, tools in text, and the task's own program. In every kind of
sandbox the results are the same, to the last byte and nano-dollar."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from assay.catalog import make_bundles
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import decode
from assay.contracts.models import ModelSpec, Parameters, ToolCalls
from assay.contracts.tail import AgentStep, StepKind
from assay.contracts.verdicts import Outcome, Verdict
from assay.sandbox import SandboxProvider, open_sandbox_provider
from services.judge.artifacts.hidden_bundles import parse_hidden_bundle
from services.judge.artifacts.outputs import read_output
from services.judge.checks.regex_worker import RegexWorker
from services.judge.grading.grade import grade
from services.judge.grading.sandboxes import GradingSandboxes
from services.judge.grading.test_executor import SandboxTestExecutor
from services.runner.handlers import Result, on_ticket
from tests.runner.harness import PRICE, RunnerHarness, open_harness, read_transcript
from tests.runner.solvers.command_task import COMMAND_TASK, catalog_with_command_task

SOLVERS = {
    "native": ("invoice_totals", ToolCalls.NATIVE),
    "text": ("invoice_totals", ToolCalls.TEXT),
    "command": (COMMAND_TASK, None),
}


@pytest.fixture
async def catalog_runner(tmp_path: Path) -> AsyncIterator[RunnerHarness]:
    async with open_harness(tmp_path, "", catalog_with_command_task(tmp_path)) as runner:
        yield runner


@dataclass(frozen=True, kw_only=True)
class Solved:
    report: AttemptExecuted
    steps: list[AgentStep]
    output: bytes
    patch: bytes
    verdict: Verdict

    @property
    def results(self) -> list[str]:
        """Of every tool except ``submit``."""
        return [step.text for step in self.steps if step.kind is StepKind.RESULT and step.tool != "submit"]


async def solve(runner: RunnerHarness, solver: str, sandboxes: SandboxProvider) -> Solved:
    task_id, tools = SOLVERS[solver]
    task = runner.catalog.find_task(task_id)
    ticket = await runner.ticket(task_id, "scripted/repairer", limits=task.manifest.limits)
    model = ModelSpec(name="scripted/repairer", parameters=Parameters(tools=tools))
    report = await on_ticket(msgspec.structs.replace(ticket, model=model), replace(runner.ports, sandboxes=sandboxes))
    assert (report.outcome, report.reason, report.flags) == (None, "", ())
    output = await runner.read(report.output)
    return Solved(
        report=report,
        steps=await read_transcript(runner, report),
        output=output,
        patch=await runner.read(report.artifacts["patch.diff"]),
        verdict=await grade_output(runner, task_id, output, sandboxes),
    )


@dataclass(frozen=True, kw_only=True)
class Tools:
    regex: RegexWorker
    test_executor: SandboxTestExecutor
    sandboxes: GradingSandboxes


async def grade_output(runner: RunnerHarness, task_id: str, output: bytes, sandboxes: SandboxProvider) -> Verdict:
    hidden = parse_hidden_bundle(make_bundles(runner.catalog.find_task(task_id)).hidden)
    opened = GradingSandboxes(sandboxes)
    tools = Tools(regex=RegexWorker(), test_executor=SandboxTestExecutor(opened), sandboxes=opened)
    return (await grade(hidden, "main", read_output(hidden.task, output), tools)).verdict


async def compare_solvers(runner: RunnerHarness, kind: str) -> dict[str, Solved]:
    """Solves with all solvers in one kind of sandbox, and checks that they agree."""
    sandboxes = open_sandbox_provider(kind)
    solved = {solver: await solve(runner, solver, sandboxes) for solver in SOLVERS}
    native, *others = solved.values()
    assert native.verdict.outcome is Outcome.PASSED
    assert len(native.results) == 7
    assert "is changed" in native.results[2]
    assert "wrong" in native.results[0]
    assert "wrong" not in native.results[5]
    for other in others:
        assert (other.output, other.patch, other.verdict) == (native.output, native.patch, native.verdict)
        assert other.results == native.results
    for each in solved.values():
        await check_prices(runner, each)
    return solved


async def check_prices(runner: RunnerHarness, solved: Solved) -> None:
    calls, steps = solved.report.calls, solved.steps
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.kind for step in steps[:3]] == [StepKind.MESSAGE, StepKind.CALL, StepKind.RESULT]
    assert (steps[-1].kind, steps[-1].turn, steps[-1].tool_calls) == (StepKind.END, 8, 8)
    assert len(calls) == 8
    assert all(call.cost_nanousd > 0 and call.price_version == PRICE.version and not call.estimated for call in calls)
    total = sum(call.cost_nanousd for call in calls)
    messages = [step for step in steps if step.kind is StepKind.MESSAGE]
    assert [step.cost_nanousd for step in messages] == [
        sum(call.cost_nanousd for call in calls[:number]) for number in range(1, len(calls) + 1)
    ]
    assert steps[-1].cost_nanousd == total
    result = decode(Result, await runner.read(solved.report.artifacts["result.json"]))
    assert (result.cost_nanousd, result.calls) == (total, calls)


async def test_three_solvers_agree(catalog_runner: RunnerHarness) -> None:
    await compare_solvers(catalog_runner, "bubblewrap")


@pytest.mark.docker
async def test_docker_and_bubblewrap_agree(catalog_runner: RunnerHarness) -> None:
    docker = (await compare_solvers(catalog_runner, "docker"))["native"]
    bubblewrap = await solve(catalog_runner, "command", open_sandbox_provider("bubblewrap"))
    assert (docker.output, docker.patch, docker.verdict) == (bubblewrap.output, bubblewrap.patch, bubblewrap.verdict)
    assert docker.results == bubblewrap.results
