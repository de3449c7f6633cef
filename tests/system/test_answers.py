"""Rows of tests/corpus as the responses of a scripted model: one run of the real system, graded as the corpus says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from tests.system.harness import Stack, running_stack

CORPUS = Path(__file__).parents[1] / "corpus"


Response = tuple[str, str, Any, bool]
"""Task, response, expected, passes."""


class Row(NamedTuple):
    """A sample of ``task``: the model's response, and the expected text or number."""

    task: str
    sample_id: str
    response: str
    expected: Any
    passes: bool


CHECKS: dict[str, dict[str, Any]] = {
    "choice": {"kind": "choice", "options": ["A", "B", "C", "D"]},
    "number": {"kind": "numeric"},
    "text": {"kind": "exact"},
    "json": {"kind": "json_fields", "fields": ["a"]},
    "reasoning": {"kind": "exact"},
    "label": {"kind": "classification", "classes": ["spam", "ham"], "positive": "spam"},
    "size": {"kind": "regression", "tolerance": {"absolute": 0.5}},
}
LABELS: list[Response] = [
    ("label", "This is spam.", "spam", True),
    ("label", "Spam", "spam", True),
    ("label", "ham", "spam", False),
    ("label", "Label: ham", "ham", True),
    ("label", "It is spam", "ham", False),
    ("label", "Hard to tell.", "ham", False),
]
SIZES: list[Response] = [
    ("size", "2", 2.0, True),
    ("size", "About 5.1 m", 5.0, True),
    ("size", "9", 4.0, False),
    ("size", "Too large", 3.0, False),
]
"""The last one of each cannot be read."""


def corpus_rows(name: str) -> list[list[Any]]:
    """The rows of the corpus's first group."""
    return msgspec.yaml.decode((CORPUS / f"{name}.yaml").read_bytes())[0]["rows"]


def every(rows: list[Response], count: int) -> list[Response]:
    return rows[:: max(1, len(rows) // count)][:count]


def rows() -> list[Row]:
    choices = [("choice", text, "B", chosen == "B") for text, chosen, _ in corpus_rows("choice")]
    numbers = [("number", text, value or 0, value is not None) for text, value, _ in corpus_rows("numbers")]
    texts = [
        ("text", text, expected, passes)
        for check, expected, text, passes, _ in corpus_rows("text")
        if check == CHECKS["text"]
    ]
    objects = [
        ("json", text, {"a": found["a"] if found else 1}, found is not None)
        for text, found, _ in corpus_rows("json")
        if not found or "a" in found
    ]
    thoughts = [("reasoning", text, answer, True) for text, answer, _, _ in corpus_rows("reasoning") if answer]
    chosen = [
        *every(choices, 16), *every(numbers, 12), *every(texts, 6), *every(objects, 6), *every(thoughts, 10),
        *LABELS, *SIZES,
    ]  # fmt: skip
    return [
        Row(task, f"s{number}", text, expected, passes) for number, (task, text, expected, passes) in enumerate(chosen)
    ]


ROWS = rows()


def write_catalog(folder: Path) -> Path:
    for task, check in CHECKS.items():
        samples = [
            {"sample_id": row.sample_id, "input": row.sample_id, "expected": row.expected}
            for row in ROWS
            if row.task == task
        ]
        manifest = {
            "id": task, "title": f"Answers of kind {task}", "category": "answers", "difficulty": "trivial",
            "solver": "answer", "instructions": "Answer.", "checks": [check], "samples": samples, "noop_answer": "",
            "cheat_answers": {"nothing": "I cannot answer this."},
        }  # fmt: skip
        path = folder / "tasks" / task / "task.yaml"
        path.parent.mkdir(parents=True)
        path.write_bytes(msgspec.yaml.encode(manifest))
    responses = {task: {row.sample_id: row.response for row in ROWS if row.task == task} for task in CHECKS}
    (folder / "scripted").mkdir()
    (folder / "scripted/corpus.yaml").write_bytes(msgspec.yaml.encode({"title": "Corpus", "responses": responses}))
    (folder / "models.yaml").write_text("providers: {}\n")
    return folder


@pytest.fixture(scope="module")
def corpus_stack(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("catalog")
    with running_stack(ASSAY_CATALOG=str(write_catalog(folder))) as stack:
        yield stack


@pytest.fixture(scope="module")
def corpus_run(corpus_stack: Stack) -> str:
    run_id = corpus_stack.submit(tasks=list(CHECKS), models=["scripted/corpus"])
    corpus_stack.finish(run_id)
    return run_id


@pytest.mark.browser
def test_forty_answers_are_graded_as_the_corpus_says(corpus_stack: Stack, corpus_run: str, chromium: Browser) -> None:
    assert len(ROWS) >= 40
    attempts = {(a["task_id"], a["sample_id"]): a for a in corpus_stack.attempts(corpus_run)}
    outcomes = {(row.task, row.response): attempts[row.task, row.sample_id]["outcome"] for row in ROWS}
    assert outcomes == {(row.task, row.response): "passed" if row.passes else "failed" for row in ROWS}
    row = next(row for row in ROWS if row.task == "reasoning" and "It is A." in row.response)
    attempt = attempts[row.task, row.sample_id]
    assert 0 < attempt["usage"]["reasoning_tokens"] < attempt["usage"]["output_tokens"]
    shows_reasoning_apart(chromium, f"{corpus_stack.url}/attempts/{attempt['attempt_id']}?tab=response", row)


def shows_reasoning_apart(chromium: Browser, url: str, row: Row) -> None:
    page = chromium.new_page()
    try:
        page.goto(url)
        reasoning = page.locator("details.reasoning")
        expect(reasoning.locator("summary")).to_contain_text("Reasoning not graded · ")
        reasoning.locator("summary").click()
        expect(reasoning.locator("plain-artifact")).to_contain_text("It is A.")
        expect(page.get_by_role("region", name="response.txt")).to_have_text(row.expected)
    finally:
        page.close()


@pytest.mark.browser
def test_labels_and_numbers_have_metrics_over_all_samples(
    corpus_stack: Stack, corpus_run: str, chromium: Browser
) -> None:
    items = corpus_stack.http.get(f"/runs/{corpus_run}/metrics").raise_for_status().json()["items"]
    (label,), (size,) = (each["sets"] for each in items if each["task_id"] in ("label", "size"))
    assert (label["n"], label["unreadable"]) == (6, 1)
    assert label["metrics"] == pytest.approx({"accuracy": 3 / 6, "f1": 2 / 3, "matthews": 0.15075567228888181})
    assert (size["n"], size["unreadable"], size["metrics"]["spearman"]) == (4, 1, 0.5)
    command = (sys.executable, "-m", "assay.cli", "runs", "metrics", corpus_run, "--server", corpus_stack.url)
    table = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    page = chromium.new_page()
    try:
        page.goto(f"{corpus_stack.url}/runs/{corpus_run}")
        shown = page.get_by_role("region", name="Metrics over all samples")
        for task, metric, value in (("label", "f1", "0.6666?7"), ("size", "spearman", "0.5")):
            words = re.compile(rf"{task}\b.*\b{metric}\s*{value}\b", re.DOTALL)
            assert words.search(table), table
            expect(shown.get_by_role("row", name=words)).to_have_count(1)
    finally:
        page.close()
