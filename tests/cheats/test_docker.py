"""Cheats score 0 in Docker's sandboxes, in the same run in which the reference scores 1."""

from __future__ import annotations

import pytest

from tests.cheats.harness import TASKS, TIMEOUT, bundles_of, cheats_for_docker, check_grading, image_of, only
from tests.judge.harness import RealTools


@pytest.mark.docker
@pytest.mark.slow
@TIMEOUT
@pytest.mark.parametrize("task", TASKS)
async def test_the_reference_scores_1_and_cheats_0(tools: RealTools, task: str) -> None:
    cheats = cheats_for_docker(task)
    await check_grading(cheats, only(cheats, bundles_of(task, image_of(task))), tools, "docker")
