"""Validating a task that models grade."""

from __future__ import annotations

from pathlib import Path

from services.judge.validate import open_tools, validate_folder

TASK = """
id: explain
title: Explain
category: writing
difficulty: easy
solver: answer
instructions: Why does ice float?
checks: [{kind: rubric, criteria: [{id: correct, text: Names the cause.}]}]
samples: [{sample_id: main, reference: It is less dense.}]
"""


async def test_no_model_is_called_to_validate_a_task(tmp_path: Path) -> None:
    (tmp_path / "explain").mkdir()
    (tmp_path / "explain/task.yaml").write_text(TASK)
    async with open_tools("auto", jobs=1) as tools:
        validation = await validate_folder(tmp_path / "explain", tools)
    assert (validation.ok, validation.trials, validation.error) == (True, (), "")
    assert "models grade it, and none is called here" in validation.unchecked
