"""What an agent leaves in its workspace crosses to the judge as data, and cheats no test."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assay.contracts.verdicts import Outcome
from assay.sandbox import open_sandbox_provider
from tests.cheats.attempts import SCRIPTS, TASKS, open_runner, outcome_of
from tests.cheats.harness import TIMEOUT
from tests.judge.harness import RealTools

REFUSED = {Outcome.FAILED, Outcome.AGENT_ERROR}
"""Of an agent that leaves nothing gradable behind, the attempt fails as the agent's error."""


@pytest.mark.slow
@TIMEOUT
@pytest.mark.parametrize("sandbox", ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.parametrize("task", TASKS)
async def test_an_attempt_that_leaves_a_cheat_behind_scores_0(
    tmp_path: Path, tools: RealTools, task: str, sandbox: str
) -> None:
    tools = tools.with_provider(open_sandbox_provider(sandbox))
    async with open_runner(tmp_path, sandbox) as runner:
        models = ["oracle", "nop", *(f"scripted/{script}" for script in SCRIPTS)]
        reference, noop, *cheats = await asyncio.gather(*(outcome_of(task, model, runner, tools) for model in models))
    assert (reference, noop) == ((Outcome.PASSED, 1.0), (Outcome.FAILED, 0.0))
    results = dict(zip(SCRIPTS, cheats, strict=True))
    assert {
        script: (outcome, score) for script, (outcome, score) in results.items() if outcome not in REFUSED or score
    } == {}
