"""`assay import harbor`: solutions are run in Docker for the references, which the judge then grades."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import ImageNotFound

from assay.catalog import load_task
from assay.catalog.importers.harbor.folder import read_unsolved
from assay.catalog.importers.plan import TaskOptions
from assay.cli.errors import FAILED
from assay.sandbox.docker.images import image_tag
from services.judge.validate import open_tools, validate_folder
from tests.catalog.importers.container_tasks import (
    DOCKERFILE,
    SOLVE,
    TERMINAL_BENCH_DOCKERFILE,
    harbor_task,
    terminal_bench_task,
)
from tests.cli.harness import run_assay


def test_without_solve_nothing_is_imported_and_the_reason_says_what_to_do(tmp_path: Path) -> None:
    harbor_task(tmp_path / "tasks" / "count-words")
    result = run_assay(tmp_path, "import", "harbor", str(tmp_path / "tasks"), "--into", str(tmp_path / "catalog"))
    assert result.code == FAILED
    assert "--solve runs it in the task's container" in result.err
    assert "Traceback" not in result.err


@pytest.mark.docker
@pytest.mark.slow
async def test_solved_tasks_are_imported_and_graded(tmp_path: Path) -> None:
    tasks, catalog = tmp_path / "tasks", tmp_path / "catalog"
    harbor_task(tasks / "count-words")
    harbor_task(tasks / "elsewhere", solution__solve_sh="#!/bin/bash\nset -e\necho 3 > /count.txt\n")
    harbor_task(tasks / "half", solution__solve_sh=f"{SOLVE}rm greet.sh\n")
    harbor_task(tasks / "of-the-system", environment__Dockerfile=f"{DOCKERFILE}WORKDIR /etc\n")
    terminal_bench_task(tasks / "sum-up")
    linked = f"{TERMINAL_BENCH_DOCKERFILE}RUN ln -s numbers.txt link\n"
    terminal_bench_task(tasks / "with-a-link", Dockerfile=linked)
    arguments = ("import", "harbor", str(tasks), "--into", str(catalog), "--suite", "terminal", "--solve")
    found = run_assay(tmp_path, *arguments, "--json").data
    try:
        assert found["new"] == ["harbor_count_words", "terminal_bench_sum_up"]
        assert found["written"]
        reasons = {group["examples"][0]: group["why"] for group in found["left_out"]}
        assert reasons.pop("elsewhere").endswith("line 3: /count.txt: Read-only file system")
        assert reasons == {
            "half": "its own solution does not pass its tests in Assay's judge",
            "of-the-system": "the working folder of its image is /etc, which cannot be a workspace",
            "with-a-link": "its working folder has links, which do not reach the workspace: link",
        }
        task = load_task(catalog / "tasks" / "harbor_count_words")
        assert task.files["workspace/input/letters.txt"] == b"a b c\n"
        assert task.files["reference/out/count.txt"] == b"3 WORDS, 3 EXPECTED, LETTERS\n"
        (catalog / "tasks" / "harbor_count_words" / "reference" / "greet.sh").unlink()
        async with open_tools("docker", jobs=2) as tools:
            graded = await validate_folder(catalog / "tasks" / "harbor_count_words", tools)
        scores = {trial.name: trial.verdict.score for trial in graded.trials}
        assert scores.pop("reference") == 0.5, "part of the reward"
        assert set(scores.values()) == {0.0}
        assert len(scores) == 3
    finally:
        remove_images(tasks)


def remove_images(tasks: Path) -> None:
    client = APIClient()
    try:
        for tag in {image_tag(task.sandbox.build) for task in read_unsolved(tasks, TaskOptions()).tasks}:
            with suppress(ImageNotFound):
                client.remove_image(tag, force=True)
    finally:
        client.close()
