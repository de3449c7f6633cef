"""The catalogue's agent task, by a scripted model, by the oracle, and by the real local model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import decode
from assay.contracts.models import ModelSpec, Parameters, ToolCalls
from assay.contracts.money import Price
from assay.contracts.rpc import ServeModel
from assay.contracts.tail import AgentStep, StepKind, TailLine
from assay.contracts.verdicts import Outcome
from assay.embedded.model_host.host import ModelHost
from services.runner.handlers import on_ticket
from tests.runner.harness import RUN, RunnerHarness, open_harness, read_transcript
from tests.runner.solvers.command_task import COMMAND_TASK, catalog_with_command_task
from tests.runner.solvers.test_solvers_agree import grade_output


@pytest.fixture
async def catalog_runner(tmp_path: Path) -> AsyncIterator[RunnerHarness]:
    async with open_harness(tmp_path, "", catalog_with_command_task(tmp_path), read_timeout_seconds=300) as runner:
        yield runner


async def run_repairer(runner: RunnerHarness, tools: ToolCalls) -> AttemptExecuted:
    model = ModelSpec(name="scripted/repairer", parameters=Parameters(tools=tools))
    limits = runner.catalog.find_task("invoice_totals").manifest.limits
    ticket = await runner.ticket("invoice_totals", "scripted/repairer", limits=limits)
    return await on_ticket(msgspec.structs.replace(ticket, model=model), runner.ports)


async def test_the_tail_shows_every_step_as_it_happens(catalog_runner: RunnerHarness) -> None:
    shown: list[AgentStep] = []
    async with catalog_runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        report = await run_repairer(catalog_runner, ToolCalls.NATIVE)
        steps = await read_transcript(catalog_runner, report)
        async with asyncio.timeout(30):
            while len(shown) < len(steps):
                line = decode(TailLine, await anext(frames))
                shown += [line.step] if line.step else []
    assert shown == [msgspec.structs.replace(step, text="") for step in steps]


async def test_the_oracle_submits_the_reference(catalog_runner: RunnerHarness) -> None:
    report = await catalog_runner.run_attempt("invoice_totals", "oracle")
    assert report.outcome is None
    assert b"half a cent goes up" in (await catalog_runner.output(report))["billing/rounding.py"]


@pytest.mark.parametrize("task_id", ["invoice_totals", COMMAND_TASK])
async def test_the_local_model_can_attempt_it(catalog_runner: RunnerHarness, task_id: str) -> None:
    host = ModelHost()
    await catalog_runner.bus.rpc.serve("modelhost", {ServeModel: host.on_models_serve})
    spec = ModelSpec(
        name="local/smollm2-135m", parameters=catalog_runner.catalog.registry().entry("local/smollm2-135m").parameters
    )
    limits = msgspec.structs.replace(
        catalog_runner.catalog.find_task(task_id).manifest.limits, turns=2, max_tokens=16, wall_seconds=300
    )
    price = Price(version="local", local=True)
    ticket = await catalog_runner.ticket(task_id, spec.name, limits=limits, price=price)
    report = await on_ticket(msgspec.structs.replace(ticket, model=spec), catalog_runner.ports)
    await host.close()
    assert report.fault is None, report.reason
    assert report.outcome in (None, Outcome.LIMIT)
    if report.outcome is None:
        verdict = await grade_output(
            catalog_runner, task_id, await catalog_runner.read(report.output), catalog_runner.ports.sandboxes
        )
        assert (verdict.outcome, verdict.score) == (Outcome.FAILED, 0.0)
    steps = await read_transcript(catalog_runner, report)
    assert steps[-1].kind is StepKind.END
    assert all(call.usage.output_tokens <= 16 for call in report.calls)
