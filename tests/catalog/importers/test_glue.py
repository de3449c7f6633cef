"""GLUE: the published files, and the hub's, become the same tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.glue.folder import read
from assay.catalog.importers.glue.sets import SETS, GlueSet
from assay.catalog.importers.plan import ImportPlan, TaskOptions
from assay.contracts.checks import Classification, Regression
from services.judge.checks.regex_worker import RegexWorker
from tests.catalog.importers.harness import left_out, manifest
from tests.judge.harness import grade_answer

CATALOG = Path(__file__).parents[3] / "catalog"
METRICS = {
    **dict.fromkeys(("sst2", "mnli_matched", "mnli_mismatched", "qnli", "rte", "wnli"), "accuracy"),
    "cola": "matthews",
    "ax": "matthews",
    "mrpc": "f1",
    "qqp": "f1",
    "stsb": "pearson",
}
"""As GLUE defines them; accuracy and Spearman's correlation are reported beside those of MRPC, QQP and STS-B anyway."""


def small(**options: Any) -> ImportPlan:
    return read(CATALOG / "glue", TaskOptions(prefix="glue_mini", **options))


def samples(plan: ImportPlan, name: str) -> list[dict[str, Any]]:
    (task,) = (task for task in plan.tasks if task.task_id.endswith(f"_{name}"))
    return [msgspec.json.decode(line) for line in task.files["samples.jsonl"].splitlines()]


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_shipped_tasks_are_what_the_importer_makes_of_the_shipped_files() -> None:
    """After a change: assay import glue catalog/glue --prefix glue_mini --suite glue-mini --replace"""
    plan = small()
    assert plan.left_out == ()
    assert len(plan.tasks) == len(SETS) == 11
    for task in plan.tasks:
        folder = CATALOG / "tasks" / task.task_id
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == task.files


def test_each_set_has_its_official_metric_and_sample_counts() -> None:
    plan = small()
    checks = {task.task_id.removeprefix("glue_mini_"): manifest(plan, index)["checks"][0]
              for index, task in enumerate(plan.tasks)}  # fmt: skip
    assert {name: check["metric"] for name, check in checks.items()} == METRICS
    assert {name: check.get("positive") for name, check in checks.items() if "positive" in check} == {
        "cola": "acceptable", "mrpc": "equivalent", "qqp": "duplicate",
    }  # fmt: skip
    assert sum(len(samples(plan, name)) for name in METRICS) == 326


@pytest.mark.parametrize("glue", [each for each in SETS if each.labels], ids=lambda each: each.name)
async def test_every_label_is_read_as_itself(glue: GlueSet) -> None:
    check, regex = Classification(classes=glue.classes), RegexWorker()
    for label in glue.classes:
        for answer in (label, label.capitalize(), f"{label}.", f"**{label}**", f"The answer is {label}.", f'"{label}"'):
            right = [other for other in glue.classes if (await grade_answer(check, answer, other, regex)).passed]
            assert right == [label], answer


HUB = {
    "cola": {"sentence": ["It rains.", "Rains it the."], "label": [1, 0], "idx": [0, 1]},
    "mnli": {"premise": ["A", "B"], "hypothesis": ["C", "D"], "label": [2, 0], "idx": [0, 1]},
    "stsb": {"sentence1": ["A", "B"], "sentence2": ["C", "D"], "label": [4.75, 0.5], "idx": [0, 1]},
    "qnli": {"question": ["A?", "B?"], "sentence": ["C", "D"], "label": [0, 1], "idx": [0, 1]},
}
TSV = {
    "CoLA/dev.tsv": "x\t1\t\tIt rains.\nx\t0\t*\tRains it the.\n",
    "MNLI/dev_matched.tsv": "index\tsentence1\tsentence2\tlabel1\tgold_label\n0\tA\tC\tneutral\tcontradiction\n"
    "1\tB\tD\tentailment\tentailment\n",
    "STS-B/dev.tsv": "index\tsentence1\tsentence2\tscore\n0\tA\tC\t4.750\n1\tB\tD\t0.500\n",
    "QNLI/dev.tsv": "index\tquestion\tsentence\tlabel\n0\tA?\tC\tentailment\n1\tB?\tD\tnot_entailment\n",
}
NAMES = {"cola": "cola", "mnli": "mnli_matched", "stsb": "stsb", "qnli": "qnli"}


@pytest.mark.parametrize("name", HUB)
def test_the_hub_s_parquet_files_are_read_like_the_published_ones(tmp_path: Path, name: str) -> None:
    for path, text in TSV.items():
        put(tmp_path / "published", path, text)
    kind = "validation_matched" if name == "mnli" else "validation"
    folder = tmp_path / "hub" / name
    folder.mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.table(HUB[name]), folder / f"{kind}-00000-of-00001.parquet")
    published = samples(read(tmp_path / "published", TaskOptions()), NAMES[name])
    found = samples(read(tmp_path / "hub", TaskOptions()), NAMES[name])
    assert [(each["input"], each["expected"]) for each in found] == [
        (each["input"], each["expected"]) for each in published
    ]


def test_the_folder_of_one_set_is_enough() -> None:
    plan = read(CATALOG / "glue/RTE", TaskOptions())
    assert [task.task_id for task in plan.tasks] == ["glue_rte"]
    assert len(plan.left_out) == 10
    assert {each.why for each in plan.left_out} == {"none of its files is here; get it, or leave it out"}


def test_rows_that_cannot_be_samples_are_left_out_with_the_reason(tmp_path: Path) -> None:
    put(
        tmp_path,
        "RTE/dev.tsv",
        "index\tsentence1\tsentence2\tlabel\r\n0\tA\tB\tentailment\r\n1\tA\tB\r\n2\t\tB\tentailment\r\n"
        '3\t"A\tB\tmaybe\r\n0\t"A\tB "x"\tnot_entailment\r\n\r\n',
    )
    plan = read(tmp_path, TaskOptions())
    reasons = {what: why for what, why in left_out(plan).items() if what.startswith("RTE")}
    assert reasons == {
        "RTE/dev.tsv:3": "does not have 4 columns",
        "RTE/dev.tsv:4": "has an empty sentence",
        "RTE/dev.tsv:5": "has no label; the test sets of GLUE are published without",
    }
    assert samples(plan, "rte") == [
        {"sample_id": "0", "input": "Sentence 1: A\nSentence 2: B", "expected": "yes"},
        {"sample_id": "row5", "input": 'Sentence 1: "A\nSentence 2: B "x"', "expected": "no"},
    ]


def test_scores_beyond_the_scale_are_left_out(tmp_path: Path) -> None:
    rows = "".join(f"{index}\tA\tB\t{score}\n" for index, score in enumerate(("5.000", "7", "nan", "high", "-1")))
    put(tmp_path, "STS-B/dev.tsv", f"index\tsentence1\tsentence2\tscore\n{rows}")
    plan = read(tmp_path, TaskOptions())
    assert [each["expected"] for each in samples(plan, "stsb")] == [5.0]


def test_a_subset_is_the_same_every_time() -> None:
    one, again, other = small(limit=5, seed=1), small(limit=5, seed=1), small(limit=5, seed=2)
    assert one == again
    assert one != other
    assert "cola: 5 of 40 sentences, chosen at random with seed 1" in one.notes


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no set of GLUE; expected folders such as CoLA with dev.tsv"),
        ({"RTE/dev.tsv": "a\tb\n1\t2\n"}, "has no column label. The columns are: a, b"),
        ({"MRPC/dev.tsv": "Quality\t#1 String\n1\tA\n"}, "has no column sentence2 or #2 String"),
        ({"RTE/dev.tsv": ""}, "is empty"),
    ],
)
def test_what_cannot_be_read_is_explained(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for path, text in files.items():
        put(tmp_path, path, text)
    with pytest.raises(ImportFailed) as failed:
        read(tmp_path, TaskOptions())
    assert message in str(failed.value)


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="is not a folder; give the one that contains CoLA"):
        read(put(tmp_path, "dev.tsv", "x"), TaskOptions())


def test_a_regression_is_close_within_half_a_point() -> None:
    (index,) = (index for index, task in enumerate(small().tasks) if task.task_id == "glue_mini_stsb")
    check = manifest(small(), index)["checks"][0]
    assert msgspec.convert(check, Regression).tolerance.absolute == 0.5
