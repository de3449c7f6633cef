"""The check ``plant``: the judge repeats the actions on its own simulation, and believes nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.catalog.catalog import Catalog
from assay.catalog.tasks.bundles import make_bundles
from assay.contracts.codec import decode
from assay.contracts.tasks import HiddenTask
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.grading.grade import GradingResult, grade
from tests.judge.harness import RealTools

CATALOG = Catalog.open(Path(__file__).parents[2] / "catalog")
TASK = CATALOG.find_task("plant_air_leak")
REFERENCE = TASK.files["reference/actions.jsonl"]


async def graded(actions: bytes, **files: bytes) -> GradingResult:
    bundle = make_bundles(TASK).hidden
    hidden = HiddenBundle(task=decode(HiddenTask, bundle["grading.json"]), files=bundle)
    return await grade(hidden, "main", {"actions.jsonl": actions, **files}, RealTools())


def line(tool: str, **arguments: Any) -> bytes:
    return json.dumps({"tool": tool, "arguments": arguments}).encode() + b"\n"


async def test_the_reference_passes_with_its_metrics() -> None:
    verdict = (await graded(REFERENCE)).verdict
    assert verdict.score == 1.0
    assert verdict.metrics["violations"] == 0.0
    assert 0 < verdict.metrics["actions"] < 40


async def test_the_verdict_names_what_is_not_healthy() -> None:
    verdict = (await graded(b"")).verdict
    assert verdict.score == 0.0
    assert "not healthy in the end: air pressure at least 6.5 bar" in verdict.checks[0].message


async def test_the_verdict_names_violations_and_needless_changes() -> None:
    cut = line("set_valve", valve="air_branch_a", percent=0) + line("start_machine", machine="P2")
    message = (await graded(cut + REFERENCE)).verdict.checks[0].message
    assert "air branch A, which moves the valves, at least 50 % open: exceeded after 10 s" in message
    assert "left changed without need: P2" in message


async def test_more_actions_than_the_task_allows_do_not_count() -> None:
    wasted = line("read_sensors", sensors=["C1.load"]) * 40
    assert (await graded(wasted + REFERENCE)).verdict.score == 0.0


async def test_refused_actions_are_refused_again_and_take_no_time() -> None:
    refused = line("set_valve", valve="door", percent=5) + line("repair") + line("wait", seconds=-1)
    assert (await graded(refused * 50 + REFERENCE)).verdict.score == 1.0


@pytest.mark.parametrize(
    "forged",
    [
        line("outcome", violations={}, unhealthy=[]),
        b'{"tool": "wait", "arguments": {"seconds": 1e999}}\n',
        b'{"tool": "wait", "arguments": {"seconds": ' + b"9" * 400 + b"}}\n",
        b'{"tool": "wait"}\n',
        b"not json\n",
        b"[]\n",
        b'{"tool": 7}\n',
        b"\xff\xfe\n",
        b'{"tool": "set_valve", "arguments": {"valve": {"a": [' + b"[" * 200 + b"]" * 200 + b']}, "percent": 3}}\n',
        line("wait", seconds=10) * 10_001,
    ],
)
async def test_any_log_is_graded(forged: bytes) -> None:
    result = await graded(forged)
    assert result.verdict.score == 0.0
    assert result.verdict.checks[0].message


async def test_other_submitted_files_change_nothing() -> None:
    assert (await graded(b"", **{"result.json": b'{"solved": true}'})).verdict.score == 0.0
