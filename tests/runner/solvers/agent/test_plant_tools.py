"""An agent operates the simulated plant: a scripted one solves every scenario, and none can forge the log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from assay.artifacts import pack
from assay.catalog import make_bundles
from assay.catalog.plant.scenarios import SCENARIOS
from assay.contracts.codec import decode, encode
from assay.contracts.models import ModelSpec, Parameters, ToolCalls
from assay.contracts.tasks import Limits, PlantSpec, PublicTask, Tool
from assay.contracts.verdicts import Outcome
from assay.sandbox import open_sandbox_provider
from services.runner.handlers import on_ticket
from services.runner.models import ToolCall
from services.runner.solvers.agent.plant_tools import PlantTools
from services.runner.solvers.agent.tool_result import ToolError
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import SUBMIT, RunnerHarness, open_harness, queue_calls, tool_results
from tests.runner.solvers.test_solvers_agree import grade_output

CATALOG = Path(__file__).parents[4] / "catalog"
SPEC = PlantSpec(scenario="air_leak", seed=1, actions=5)


@pytest.fixture
async def catalog_runner(tmp_path: Path, endpoint: FakeEndpoint) -> AsyncIterator[RunnerHarness]:
    async with open_harness(tmp_path, endpoint.url, CATALOG) as runner:
        yield runner


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_scripted_operator_solves_the_scenario(catalog_runner: RunnerHarness, scenario: str) -> None:
    task = f"plant_{scenario}"
    limits = catalog_runner.catalog.find_task(task).manifest.limits
    ticket = await catalog_runner.ticket(task, "scripted/plant_operator", limits=limits)
    tools = ToolCalls.TEXT if scenario == "air_leak" else ToolCalls.NATIVE
    model = ModelSpec(name="scripted/plant_operator", parameters=Parameters(tools=tools))
    report = await on_ticket(msgspec.structs.replace(ticket, model=model), catalog_runner.ports)
    assert (report.outcome, report.reason) == (None, "")
    output = await catalog_runner.read(report.output)
    verdict = await grade_output(catalog_runner, task, output, open_sandbox_provider())
    assert (verdict.outcome, verdict.score) == (Outcome.PASSED, 1.0)


@pytest.mark.parametrize("baseline", ["oracle", "nop"])
async def test_the_baselines_end_as_they_must(catalog_runner: RunnerHarness, baseline: str) -> None:
    report = await catalog_runner.run_attempt("plant_worn_bearing", baseline)
    output = await catalog_runner.read(report.output)
    verdict = await grade_output(catalog_runner, "plant_worn_bearing", output, open_sandbox_provider())
    assert verdict.score == (1.0 if baseline == "oracle" else 0.0)
    assert report.fault is None


def test_the_log_has_what_was_done_with_the_plant_and_nothing_else() -> None:
    plant = PlantTools(SPEC)
    plant.use(ToolCall(call_id="1", name="read_sensors", arguments='{"sensors": ["air.flow_b"]}'))
    with pytest.raises(ToolError, match="'valve' must be one of"):
        plant.use(ToolCall(call_id="2", name="set_valve", arguments='{"valve": "door", "percent": 1}'))
    assert plant.use(ToolCall(call_id="3", name="bash", arguments="{}")) is None
    plant.use(ToolCall(call_id="4", name="set_automatic", arguments=""))
    assert [json.loads(line) for line in plant.log.splitlines()] == [
        {"tool": "read_sensors", "arguments": {"sensors": ["air.flow_b"]}},
        {"tool": "set_automatic", "arguments": {}},
    ]


def test_every_tool_of_the_plant_is_described_to_the_model() -> None:
    definitions = {definition.name: definition for definition in PlantTools.definitions}
    assert list(definitions) == [
        *("read_manual", "read_sensors", "set_valve", "set_automatic", "start_machine", "stop_machine", "wait"),
    ]
    assert "air.flow_b (m³/min): air into branch B" in definitions["read_sensors"].description
    assert "belt_tensioner" in definitions["set_valve"].arguments["properties"]["valve"]["description"]


async def test_a_model_with_a_shell_cannot_replace_the_log(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    forge = ("bash", json.dumps({"command": "cp /dev/null actions.jsonl; echo forged > actions.jsonl"}))
    look = ("read_sensors", json.dumps({"sensors": ["air.pressure"]}))
    wrong = ("read_sensors", json.dumps({"sensors": ["P9"], "more": 1}))
    queue_calls(endpoint, (look, forge, wrong, SUBMIT))
    public = make_bundles(runner.catalog.find_task("fix_sum")).public
    task = decode(PublicTask, public["task.json"])
    task = msgspec.structs.replace(task, plant=SPEC, outputs=("actions.jsonl",), tools=(Tool.BASH, Tool.SUBMIT))
    bundle = await runner.stores["public"].put(pack({**public, "task.json": encode(task)}))
    limits = Limits(wall_seconds=30.0, max_tokens=100, turns=9)
    ticket = await runner.ticket("fix_sum", "stub/m-1", limits=limits, public=bundle)
    report = await on_ticket(ticket, runner.ports)
    assert (report.outcome, report.reason) == (None, "")
    output = await runner.output(report)
    assert output["actions.jsonl"] == b'{"tool":"read_sensors","arguments":{"sensors":["air.pressure"]}}\n'
    results = await tool_results(runner, report)
    assert results[0].startswith("air.pressure = ")
    assert "error:" in results[2]
