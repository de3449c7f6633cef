"""Attempts that a model grades, on the real system with scripted models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.system.harness import Stack, running_stack

PRICE = {"input_usd_per_mtok": "1", "output_usd_per_mtok": "2"}
ANSWERS = {"clear": "Ice floats because it is less dense than water.", "vague": "It just does, somehow."}
SCORES = {"clear": (5, 4), "vague": (1, 2)}


def judgement(scores: tuple[int, int]) -> str:
    named = zip(("correct", "clear"), scores, strict=True)
    criteria = {name: {"evidence": "", "reason": "As it reads.", "score": score} for name, score in named}
    return msgspec.json.encode({"criteria": criteria}).decode()


def write_catalog(folder: Path) -> Path:
    manifest: dict[str, Any] = {
        "id": "explain", "title": "Explain", "category": "writing", "difficulty": "easy", "solver": "answer",
        "instructions": "Why does ice float?", "pass_score": 0.5,
        "checks": [{"kind": "rubric", "criteria": [
            {"id": "correct", "text": "Says that ice is less dense.", "weight": 3},
            {"id": "clear", "text": "Is easy to read."},
        ]}],
        "samples": [{"sample_id": name, "input": name, "reference": "Density."} for name in ANSWERS],
    }  # fmt: skip
    scripts: dict[str, Any] = {
        "writer": {"responses": {"explain": ANSWERS}},
        "judge": {
            "price": PRICE,
            "responses": {"explain": {name: judgement(scores) for name, scores in SCORES.items()}},
        },
        "mumbler": {"default": "Looks good to me!"},
        "slow": {"price": PRICE, "default": judgement(SCORES["clear"]), "latency_seconds": 6},
    }
    (folder / "tasks/explain").mkdir(parents=True)
    (folder / "tasks/explain/task.yaml").write_bytes(msgspec.yaml.encode(manifest))
    (folder / "scripted").mkdir()
    for name, script in scripts.items():
        (folder / f"scripted/{name}.yaml").write_bytes(msgspec.yaml.encode({"title": name, **script}))
    (folder / "models.yaml").write_text("providers: {}\n")
    return folder


@pytest.fixture(scope="module")
def rubric_stack(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("catalog")
    with running_stack(ASSAY_CATALOG=str(write_catalog(folder))) as stack:
        yield stack


def outcomes(stack: Stack, run_id: str) -> dict[str, tuple[str, float | None]]:
    return {each["sample_id"]: (each["outcome"], each["score"]) for each in stack.attempts(run_id)}


@pytest.mark.slow
def test_a_judge_grades_by_a_rubric_and_is_paid_once(rubric_stack: Stack) -> None:
    run_id = rubric_stack.submit(tasks=["explain"], models=["scripted/writer"], judges=["scripted/judge"])
    rubric_stack.finish(run_id)
    graded = outcomes(rubric_stack, run_id)
    assert graded == {"clear": ("passed", 0.9375), "vague": ("failed", 0.0625)}
    first = rubric_stack.http.get("/costs", params={"run_id": run_id}).raise_for_status().json()
    assert float(first["judge_usd"]) > 0 and float(first["total"]["cost_usd"]) == 0
    again = rubric_stack.submit(tasks=["explain"], models=["scripted/writer"], judges=["scripted/judge"])
    rubric_stack.finish(again)
    assert outcomes(rubric_stack, again) == graded
    assert rubric_stack.http.get("/costs", params={"run_id": again}).raise_for_status().json()["judge_usd"] == "0"


@pytest.mark.slow
def test_graded_again_nothing_changes_and_nothing_is_paid(rubric_stack: Stack) -> None:
    run_id = rubric_stack.submit(tasks=["explain"], models=["scripted/writer"], judges=["scripted/judge"])
    rubric_stack.finish(run_id)
    again = rubric_stack.http.post(f"/runs/{run_id}/regrade", json={}).raise_for_status().json()["run_id"]
    rubric_stack.finish(again)
    changes = rubric_stack.http.get(f"/runs/{again}/changes").raise_for_status().json()
    assert (changes["changed"], changes["unchanged"], changes["ungraded"]) == ([], 2, 0)
    assert rubric_stack.http.get("/costs", params={"run_id": again}).raise_for_status().json()["judge_usd"] == "0"


@pytest.mark.slow
def test_an_unreadable_judgement_needs_review(rubric_stack: Stack) -> None:
    run_id = rubric_stack.submit(tasks=["explain"], models=["scripted/writer"], judges=["scripted/mumbler"], samples=1)
    rubric_stack.finish(run_id)
    assert outcomes(rubric_stack, run_id) == {"clear": ("needs_review", None)}
    (attempt,) = rubric_stack.attempts(run_id)
    assert "gave no readable answer, 2 times" in attempt["reason"]


@pytest.mark.slow
def test_a_judge_that_dies_while_it_asks_is_charged_what_it_held(rubric_stack: Stack) -> None:
    run_id = rubric_stack.submit(tasks=["explain"], models=["scripted/writer"], judges=["scripted/slow"], samples=1)

    def held_usd() -> float:
        accounts = rubric_stack.http.get("/money").raise_for_status().json()["accounts"]
        return sum(float(account["held_usd"]) for account in accounts if account["kind"] == "judge")

    rubric_stack.wait_until(lambda: held_usd() > 0)
    rubric_stack.kill("services.judge")
    rubric_stack.finish(run_id)
    assert outcomes(rubric_stack, run_id) == {"clear": ("passed", 0.9375)}
    rubric_stack.wait_until(lambda: held_usd() == 0)
    attempt = rubric_stack.http.get(f"/attempts/{run_id}-1").raise_for_status().json()
    assert sorted(call["estimated"] for call in attempt["judge_calls"]) == [False, True]
    lost, known = sorted((call["cost_nanousd"] for call in attempt["judge_calls"]), reverse=True)
    assert lost > known > 0


@pytest.mark.slow
def test_a_rubric_without_a_judge_is_refused(rubric_stack: Stack) -> None:
    body: dict[str, Any] = {"tasks": ["explain"], "models": ["scripted/writer"]}
    refused = rubric_stack.http.post("/runs", json=body)
    assert refused.status_code == 422 and "assay run --judge MODEL" in refused.text
    own = rubric_stack.http.post("/runs", json={**body, "judges": ["scripted/writer"]})
    assert own.status_code == 422 and "would judge its own output" in own.text


@pytest.mark.slow
def test_a_judge_is_compared_with_people(rubric_stack: Stack, tmp_path: Path) -> None:
    labels = [
        {"sample": name, "text": f"{ANSWERS[name]} {number}", "scores": {"correct": scores[0], "clear": 3}}
        for name, scores in SCORES.items()
        for number in range(3)
    ]
    file = tmp_path / "labels.jsonl"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, labels)))
    command = [sys.executable, "-m", "assay.cli", "judges", "calibrate", str(file), "--task", "explain"]
    command += ["--judge", "scripted/judge", "--server", rubric_stack.url]
    spent = rubric_stack.http.get("/costs").raise_for_status().json()["judge_usd"]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(done.stdout)
    assert (report["items"], report["unjudged"], report["asked"]) == (6, 0, 6)
    correct, clear = report["criteria"]
    assert correct["exact"] == {"value": 1.0, "low": 1.0, "high": 1.0} and correct["alpha"]["value"] == 1.0
    assert clear["exact"]["value"] == 0.0 and clear["spearman"]["value"] is None
    after = rubric_stack.http.get("/costs").raise_for_status().json()["judge_usd"]
    assert round((float(after) - float(spent)) * 1e9) == report["cost_nanousd"] > 0
    table = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "1.00 [1.00, 1.00]" in table.stdout and "0 of them anew" in table.stdout, table.stdout + table.stderr
