"""What the runner sends is never longer than what the catalogue tells the ledger to reserve money for."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.catalog import Catalog, Task, bundles
from assay.catalog.bundles import public_task
from assay.catalog.manifest import SampleManifest, TaskManifest
from assay.catalog.prompts import prompt_bytes
from assay.contracts.tasks import Difficulty, Sample, Solver, Tests
from services.runner.artifacts import below
from services.runner.models import ChatMessage
from services.runner.prompting import answer_prompt, files_prompt
from services.runner.text import to_bytes

CATALOG = Catalog.open(Path(__file__).parents[2] / "catalog")

AWKWARD = TaskManifest(
    id="awkward",
    title="Awkward files",
    category="coding",
    difficulty=Difficulty.EASY,
    solver=Solver.FILES,
    system="Sei gründlich.",
    outputs=("out.md", "lib/", "a/very/long/path/that/is/handed/in/and/shown/as/the/example.py", "*.txt"),
    instructions="Schreibe etwas Schönes.",
    checks=(Tests(expected=("test_x.py::test_x",)),),
    samples=(SampleManifest(sample_id="one", input="\U0001f600 und noch mehr"), SampleManifest(sample_id="two")),
)


def prompt(task: Task, sample: Sample) -> list[ChatMessage]:
    public = public_task(task)
    if task.manifest.solver is Solver.ANSWER:
        return answer_prompt(public, sample)
    return files_prompt(public, sample, below(bundles(task).public, "workspace/"))


def sent_bytes(messages: list[ChatMessage]) -> int:
    return sum(len(to_bytes(message.content)) for message in messages)


def check(task: Task) -> None:
    for sample in public_task(task).samples:
        sent = sent_bytes(prompt(task, sample))
        bound = prompt_bytes(task, [sample.sample_id])
        assert sent <= bound <= prompt_bytes(task, task.sample_ids)
        assert bound < sent + 600 + 100 * len(task.files), "no more is reserved than what is around the texts"


@pytest.mark.parametrize("task", CATALOG.tasks(), ids=lambda task: task.task_id)
def test_no_prompt_of_the_catalogue_is_longer_than_its_bound(task: Task) -> None:
    check(task)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"\xff\xfe", "größer\n".encode(), b"```\n" * 50, b"`" * 900 + b"\n", b"\n\n", "\u2028".encode() * 9],
    ids=["empty", "one", "binary", "text", "fences", "long fence", "blank", "separators"],
)
def test_nor_is_that_of_a_task_with_awkward_files(content: bytes) -> None:
    files = {f"workspace/{name}": content for name in ("n.txt", "deep/er/größer.md", "z")}
    check(Task(manifest=AWKWARD, files=files, digest="0" * 64))
