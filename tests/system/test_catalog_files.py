"""Sample ids of other benchmarks, and broken files beside healthy ones, in the real system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.cli.harness import CommandResult, run_assay
from tests.system.harness import Stack, running_stack

IDS = [7, -1, "007", "HumanEval/0", "a.b:c/d", "../up", "x" * 128, "--model", "A-_.:/Z"]
"""``../up`` is not a valid id."""
VALID_IDS = [str(each) for each in IDS if each != "../up"]

TASK = """\
id: {id}
title: Say the id
category: ids
difficulty: trivial
solver: answer
instructions: Answer.
checks: [{{kind: exact}}]
noop_answer: none
"""
BROKEN = "broken/samples.jsonl:2: is not UTF-8: contains the byte 0xff; save it as UTF-8"


def write_catalog(folder: Path) -> Path:
    for task in ("ids", "broken", "healthy"):
        (folder / "tasks" / task).mkdir(parents=True)
        (folder / "tasks" / task / "task.yaml").write_text(TASK.format(id=task))
    lines = [
        json.dumps({"sample_id": each, "input": "x", "expected": f"answer {each}"}) for each in IDS if each != "../up"
    ]
    (folder / "tasks/ids/samples.jsonl").write_text("\ufeff" + "\r\n".join(lines), "utf-8")
    good = b'{"sample_id": "a", "expected": "answer a"}\n'
    (folder / "tasks/healthy/samples.jsonl").write_bytes(good)
    (folder / "tasks/broken/samples.jsonl").write_bytes(good + b'{"sample_id": "b", "expected": "\xff"}\n')
    (folder / "suites").mkdir()
    (folder / "suites/mixed.yaml").write_text("id: mixed\ntitle: Mixed\ntasks: [ids, broken]\n")
    (folder / "suites/odd.yaml").write_bytes(b"id: odd\ntitle: caf\xe9\ntasks: [ids]\n")
    (folder / "models.yaml").write_text("providers: {}\n")
    return folder


@pytest.fixture(scope="module")
def files_stack(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("catalog")
    with running_stack(ASSAY_CATALOG=str(write_catalog(folder))) as stack:
        yield stack


def assay(stack: Stack, folder: Path, *arguments: str) -> CommandResult:
    return run_assay(folder, *arguments, ASSAY_URL=stack.url)


def test_sample_ids_of_other_benchmarks_run_and_are_graded(files_stack: Stack, tmp_path: Path) -> None:
    run_id = files_stack.submit(tasks=["ids"], models=["oracle", "nop"])
    files_stack.finish(run_id)
    attempts = files_stack.attempts(run_id)
    found = {(a["model"], a["sample_id"]): a["outcome"] for a in attempts}
    assert found == {(model, each): "passed" if model == "oracle" else "failed"
                     for model in ("oracle", "nop") for each in VALID_IDS}  # fmt: skip
    attempt = next(a for a in attempts if a["sample_id"] == "a.b:c/d" and a["model"] == "oracle")
    shown = assay(files_stack, tmp_path, "attempts", "show", attempt["attempt_id"])
    assert "task ids, sample a.b:c/d, model oracle" in shown.out
    written = assay(files_stack, tmp_path, "artifacts", "get", attempt["attempt_id"], "--all", "--out", "files")
    assert written.code == 0, written.err
    manifest = json.loads((tmp_path / "files/manifest.json").read_text())
    assert manifest["sample_id"] == "a.b:c/d"
    assert (tmp_path / "files/response.txt").read_text() == "answer a.b:c/d"


def test_responses_find_their_samples_and_others_are_left_out_with_a_note(files_stack: Stack, tmp_path: Path) -> None:
    lines = [{"task_id": "ids", "sample_id": each, "response": f"answer {each}"} for each in IDS]
    lines.append({"task_id": "elsewhere", "sample_id": 1, "response": "x"})
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, lines)))
    ran = assay(files_stack, tmp_path, "run", "--response-file", "mine.jsonl", "--task", "ids", "--strict", "--json")
    assert ran.code == 0, ran.err
    assert "note: responses to 1 task that is not in this run were not used: elsewhere" in ran.err
    assert "note: task 'ids': responses to 1 sample that is not in this run were not used: ../up" in ran.err
    outcomes = {a["sample_id"]: a["outcome"] for a in files_stack.attempts(ran.data["run_id"])}
    assert outcomes == dict.fromkeys(VALID_IDS, "passed")


@pytest.mark.browser
def test_the_dashboard_links_to_an_attempt_with_such_an_id(files_stack: Stack, chromium: Browser) -> None:
    run_id = files_stack.submit(tasks=["ids"], models=["oracle"])
    files_stack.finish(run_id)
    page = chromium.new_page()
    try:
        page.goto(f"{files_stack.url}/runs/{run_id}")
        page.get_by_role("row").filter(has_text="HumanEval/0").get_by_role("link", name="ids").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("ids HumanEval/0")
        page.get_by_role("tab", name="Response").click()
        expect(page.get_by_role("region", name="response.txt")).to_have_text("answer HumanEval/0")
    finally:
        page.close()


def test_one_unreadable_file_is_one_broken_task(files_stack: Stack, tmp_path: Path) -> None:
    listed = assay(files_stack, tmp_path, "tasks", "list", "--json")
    assert [task["task_id"] for task in listed.data] == ["healthy", "ids"]
    assert "1 task is broken and cannot be used:" in listed.err
    assert BROKEN in listed.err
    suites = assay(files_stack, tmp_path, "suites", "list", "--json")
    assert [suite["suite_id"] for suite in suites.data] == ["mixed"]
    assert "odd.yaml:2: is not UTF-8: contains the byte 0xe9; save it as UTF-8" in suites.err
    described = assay(files_stack, tmp_path, "tasks", "describe", "broken")
    assert described.code == 2 and BROKEN in described.err
    found = files_stack.http.get("/catalog/mistakes").json()
    assert [(one["part"], one["name"], one["line"]) for one in found] == [("task", "broken", 2), ("suite", "odd", 2)]


def test_a_suite_says_which_of_its_tasks_is_broken(files_stack: Stack, tmp_path: Path) -> None:
    refused = assay(files_stack, tmp_path, "run", "--suite", "mixed", "--model", "oracle")
    assert refused.code == 2
    assert "suite: task 'broken' is broken: " in refused.err and BROKEN in refused.err
    run_id = files_stack.submit(tasks=["healthy"], models=["oracle"])
    assert files_stack.finish(run_id)["progress"]["outcomes"]["passed"] == 1
