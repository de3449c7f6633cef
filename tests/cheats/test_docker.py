"""Every cheat scores 0 in Docker's sandboxes, in the same run in which the reference scores 1."""

from __future__ import annotations

import pytest

from tests.cheats.harness import TASKS, TIMEOUT, bundles_of, check_grading, image_of
from tests.judge.harness import RealTools


@pytest.mark.docker
@pytest.mark.slow
@TIMEOUT
@pytest.mark.parametrize("task", TASKS)
async def test_the_reference_scores_1_and_every_cheat_0(tools: RealTools, task: str) -> None:
    await check_grading(task, bundles_of(task, image_of(task)), tools, "docker")
