"""Which of lm-eval's filters and metrics count, and what is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results.lm_eval.output import read
from assay.catalog.importers.results.results_plan import ResultsOptions
from tests.catalog.importers.results.lm_eval_output import DATE, generated, plan_of, results, run_of, write_output

STRICT, FLEXIBLE = "strict-match", "flexible-extract"
FILTERED = [
    generated(0, {"exact_match": 0.0}, STRICT),
    generated(1, {"exact_match": 1.0}, STRICT),
    generated(0, {"exact_match": 1.0}, FLEXIBLE),
    generated(1, {"exact_match": 1.0}, FLEXIBLE),
]


def left_out(
    folder: Path, samples: dict[str, list[Any]], head: dict[str, Any] | None = None, **options: Any
) -> dict[str, str]:
    """Of a task beside another one that can be imported."""
    head = results(*samples, "fine") if head is None else head
    plan = plan_of(folder, {**samples, "fine": [generated(0)]}, head, **options)
    return {each.what: each.why for each in plan.left_out}


@pytest.mark.parametrize(
    ("options", "filter_", "scores", "metrics"),
    [
        ({}, STRICT, [0.0, 1.0], [{"exact_match,flexible-extract": 1.0}] * 2),
        ({"filter": FLEXIBLE}, FLEXIBLE, [1.0, 1.0], [{f"exact_match,{STRICT}": 0.0}, {f"exact_match,{STRICT}": 1.0}]),
    ],
)
def test_one_filter_counts(
    tmp_path: Path, options: dict[str, Any], filter_: str, scores: list[float], metrics: list[dict[str, float]]
) -> None:
    plan = plan_of(tmp_path, {"gsm8k": FILTERED}, **options)
    [run] = plan.runs
    assert [each.scores[0].value for each in run.results] == scores
    assert [each.metrics for each in run.results] == metrics
    assert json.loads(run.tasks[0].version)["filter"] == filter_
    other = FLEXIBLE if filter_ == STRICT else STRICT
    assert plan.notes == (f"gsm8k: the filter is {filter_!r} (--filter); others are {other}",)


def test_a_filter_is_chosen_only_where_there_are_several(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        {"gsm8k": FILTERED, "one": [generated(0)], "two": [generated(0, filter_="a"), generated(0, filter_="b")]},
        filter=FLEXIBLE,
    )
    assert [each.title for each in plan.runs[0].tasks] == ["gsm8k", "one"]
    assert [(each.what, each.why) for each in plan.left_out] == [("task two", f"has no filter {FLEXIBLE!r}")]
    with pytest.raises(ImportFailed, match=rf"no task has a filter 'x'; there is {FLEXIBLE}, {STRICT}$"):
        plan_of(tmp_path / "other", {"gsm8k": FILTERED}, filter="x")


@pytest.mark.parametrize(
    ("metrics", "higher", "expected"),
    [
        ({"acc": 1, "acc_norm": 0}, {}, "acc"),
        ({"acc_norm": 1, "acc": 0}, {}, "acc_norm"),
        ({"f1": 0.5, "exact_match": 0}, {}, "exact_match"),
        ({"rouge1": 0.5, "bleu": 31.0}, {}, "rouge1"),
        ({"perplexity": -2.5, "acc": True}, {}, "acc"),
        ({"error_rate": 0.5, "f1": 0.5}, {"error_rate": False}, "f1"),
        ({"brier_score": [1, "[0.2 0.8]"], "pass@1": 0.25}, {}, "pass@1"),
        ({"acc": "1.0"}, {}, "acc"),
    ],
)
def test_the_metric_that_counts(
    tmp_path: Path, metrics: dict[str, Any], higher: dict[str, bool], expected: str
) -> None:
    run = run_of(tmp_path, {"t": [generated(0, metrics)]}, results("t", higher=higher))
    assert run.results[0].scores[0].name == expected
    assert json.loads(run.tasks[0].version)["metric"] == expected


def test_other_metrics_are_scores_if_they_can_be(tmp_path: Path) -> None:
    metrics = {"acc": 1, "f1": 0.5, "loss": 0.25, "bleu": 31.0, "pair": [1, 0], "nan": float("nan"), "word": "x"}
    result = run_of(tmp_path, {"t": [generated(0, metrics)]}, results("t", higher={"loss": False})).results[0]
    assert [(each.name, each.value) for each in result.scores] == [("acc", 1.0), ("f1", 0.5)]
    assert result.metrics == {"loss": 0.25, "bleu": 31.0}


def test_a_metric_of_choice(tmp_path: Path) -> None:
    lines = [generated(0, {"acc": 1, "judge": 1}), generated(1, {"acc": 0, "judge": 8.2})]
    run = run_of(tmp_path, {"t": lines}, score="judge", scale=(1.0, 10.0), pass_score=0.8)
    assert [(each.scores[0].name, each.scores[0].value, each.outcome.value) for each in run.results] == [
        ("judge", 0.0, "failed"),
        ("judge", 0.8, "passed"),
    ]
    assert [each.metrics for each in run.results] == [{"judge": 1.0}, {"judge": 8.2}]
    with pytest.raises(ImportFailed) as failed:
        plan_of(tmp_path, {"t": lines}, score="judge")
    assert str(failed.value) == (
        f"{tmp_path}/results_{DATE}.json: nothing can be imported; the first: task t has no metric 'judge' that is a "
        "number from 0 to 1 for each sample; give its range by --scale LOW,HIGH"
    )
    with pytest.raises(ImportFailed, match=r"no task has a metric 'x'; there is acc, judge$"):
        plan_of(tmp_path, {"t": lines}, score="x")


def test_tasks_that_are_left_out(tmp_path: Path) -> None:
    rolling = generated(0, {"word_perplexity": [-2.5, 4]}, resps=[["-2.5"]])
    no_score = "has no metric that is a score of each sample, as with perplexity"
    head = results("wikitext", "mixed", "empty", "missing", "group", "fine")
    head["group_subtasks"] = {"group": ["fine"], "fine": []}
    mixed = [generated(0, {"exact_match": 1}), generated(1, {"exact_match": 7})]
    assert left_out(tmp_path, {"wikitext": [rolling], "mixed": mixed, "empty": []}, head) == {
        "task wikitext": no_score,
        "task mixed": no_score,
        "task empty": "has no samples in its file",
        "task missing": "has no file of samples: it was run without --log_samples",
    }
    assert left_out(tmp_path / "b", {"t": [generated(0, {"acc": 1})]}, score="exact_match") == {
        "task t": "has no metric 'exact_match'"
    }


def test_lines_that_are_left_out(tmp_path: Path) -> None:
    lines = [
        generated(0),
        '{"doc_id": 1, "do',
        "[1]",
        '{"doc_id": 1}',
        generated(2, {"exact_match": float("nan")}),
        generated(0),
        "",
        generated(3, {"exact_match": 1}, "other"),
    ]
    name = f"samples_t_{DATE}.jsonl, line"
    assert left_out(tmp_path, {"t": lines}) == {
        f"{name} 2": "is not valid JSON",
        f"{name} 3": "is not a sample of lm-eval",
        f"{name} 4": "is not a sample of lm-eval",
        f"{name} 5": "has no score",
        f"{name} 6": "is of a sample that occurred before; the first counts",
        f"{name} 8": "has no line for the filter that counts",
    }


def test_samples_as_an_array(tmp_path: Path) -> None:
    """As lm-eval 0.4.3 wrote them."""
    path = write_output(tmp_path, {}, results("t"))
    samples = tmp_path / f"samples_t_{DATE}.json"
    samples.write_text(json.dumps([generated(0), {"doc_id": 1}], indent=2))
    plan = read(path, ResultsOptions())
    assert len(plan.runs[0].results) == 1
    assert [(each.what, each.why) for each in plan.left_out] == [
        (f"{samples.name}, item 2", "is not a sample of lm-eval")
    ]
    samples.write_text("[")
    with pytest.raises(ImportFailed, match=r"nothing can be imported; the first: .*as a whole is not valid JSON"):
        read(path, ResultsOptions())


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("results.json", b"{", "is not valid JSON"),
        ("results.json", b"[]", "is not a results file of lm-eval (Expected `object`, got `array`)"),
        ("results.json", b"{}", "is not a results file of lm-eval: it has neither results nor configs"),
        (
            "x.json",
            b'{"eval": {}}',
            "is not a results file of lm-eval: it has neither results nor configs; it seems to be",
        ),
        ("results.json", b'{"results": 3}', "is not a results file of lm-eval (Expected `object`, got `int`"),
        ("results.json", b'{"results": {"t": {}}}', "no results file beside it names the model"),
        ("log.eval", b"PK\3\4", "is a log of Inspect; import it with `assay import inspect`"),
        ("results.json", b"PK\3\4", "is a zip archive; unpack it"),
        ("results.json", b"\x1f\x8b\0", "is a damaged gzip file"),
    ],
)
def test_files_of_something_else(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImportFailed) as failed:
        read(path, ResultsOptions())
    assert str(failed.value).startswith(f"{path}: {expected}")


def test_places_without_an_output(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"gone: does not exist$"):
        read(tmp_path / "gone", ResultsOptions())
    with pytest.raises(ImportFailed, match=r"has no files results_<date>\.json of lm-eval$"):
        read(tmp_path, ResultsOptions())


def test_outputs_that_cannot_be_read_are_left_out_of_a_folder(tmp_path: Path) -> None:
    write_output(tmp_path / "a", {"t": [generated(0)]})
    write_output(tmp_path / "b", {}, {})
    plan = read(tmp_path, ResultsOptions())
    assert [(each.what, each.why) for each in plan.left_out] == [
        (f"b/results_{DATE}.json", "is not a results file of lm-eval: it has neither results nor configs")
    ]
    write_output(tmp_path / "a", {"t": ["{"]})
    with pytest.raises(ImportFailed, match="none of 2 outputs can be imported; the first: "):
        read(tmp_path, ResultsOptions())
