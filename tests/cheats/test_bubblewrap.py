"""Every cheat scores 0 in bubblewrap's sandboxes, in the same run in which the reference scores 1."""

from __future__ import annotations

import pytest

from tests.cheats.harness import TASKS, TIMEOUT, bundles_of, check_grading, require_program, submitted_cheats
from tests.judge.harness import RealTools


@pytest.mark.slow
@TIMEOUT
@pytest.mark.parametrize("task", TASKS)
async def test_the_reference_scores_1_and_every_cheat_0(tools: RealTools, task: str) -> None:
    require_program(task)
    await check_grading(submitted_cheats(task), bundles_of(task), tools, "bubblewrap")
