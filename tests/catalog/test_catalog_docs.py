"""The examples in docs/tasks.md load as printed."""

from __future__ import annotations

import re
from pathlib import Path

from assay.catalog import Task, load_task, make_bundles
from assay.catalog.suites import SuiteManifest
from assay.catalog.tasks.manifest import SampleManifest, TaskManifest
from assay.catalog.tasks.rubrics import rubrics_of
from assay.contracts.checks import AnyCheck

DOCS = (Path(__file__).parents[2] / "docs/tasks.md").read_text("utf-8")


def example(language: str, start: str) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    (text,) = [block for block in found if block.startswith(start)]
    return text


def written(folder: Path, files: dict[str, str]) -> Task:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return load_task(folder)


def test_the_full_example_loads(tmp_path: Path) -> None:
    task = written(
        tmp_path / "clamp",
        {
            "task.yaml": example("yaml", "id: clamp"),
            "tests/test_clamp.py": example("python", "import pytest"),
            "workspace/solution.py": "def clamp(number, low, high): pass\n",
            "reference/solution.py": "def clamp(n, a, b): ...\n",
            "cheats/leaves_at_import/solution.py": "raise SystemExit(0)\n",
            "cheats/equals_everything/solution.py": "x = 1\n",
        },
    )
    assert task.cheats == ("equals_everything", "leaves_at_import")
    assert "task.json" in make_bundles(task).public


def test_the_question_example_loads(tmp_path: Path) -> None:
    task = written(tmp_path / "capitals", {"task.yaml": example("yaml", "id: capitals")})
    assert task.sample_ids == ("norway", "kenya")


def test_the_rubric_example_loads(tmp_path: Path) -> None:
    head = example("yaml", "id: capitals").partition("checks:")[0]
    samples = "samples: [{sample_id: ice, input: ice, expected: It is less dense than water.}]\n"
    task = written(tmp_path / "capitals", {"task.yaml": head + example("yaml", "pass_score: 0.6") + samples})
    (rubric,) = rubrics_of(task.manifest)
    assert [criterion.scores for criterion in rubric.criteria] == [(0, 1, 2, 3, 4), (0, 1, 2)]


def test_every_field_and_check_is_documented() -> None:
    fields = {*TaskManifest.__struct_fields__, *SampleManifest.__struct_fields__, *SuiteManifest.__struct_fields__}
    kinds = {str(kind.__struct_config__.tag) for kind in AnyCheck.__args__}
    missing = {name for name in fields | kinds if not re.search(rf"\b{name}\b", DOCS)}
    assert missing == set()
