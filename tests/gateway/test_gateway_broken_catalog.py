"""A catalogue with broken files: the API lists them and serves everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.catalog.test_catalog_files_corpus import ROWS, write
from tests.gateway.harness import CATALOG, Gateway

BROKEN_ROWS = [row for row in ROWS if "mistakes" in row and "responses." not in str(row.get("files"))]
ROUTES = ("/tasks", "/tasks/q", "/suites", "/suites/s", "/models", "/prices", "/catalog/mistakes")


def add(folder: Path, row: dict[str, Any]) -> None:
    """Writes a row of the corpus into the gateway's catalogue, which keeps its own models."""
    files = {"models.yaml": CATALOG["models.yaml"], **row.get("files", {})}
    write(folder / "catalog", {**row, "files": files})


async def quote(gateway: Gateway, **body: Any) -> httpx2.Response:
    return await gateway.http.post("/api/v1/runs/quote", json={"models": ["oracle"], **body})


async def test_a_broken_task_is_listed_and_the_others_are_served(gateway: Gateway, tmp_path: Path) -> None:
    samples = {"tasks/q/samples.jsonl": '{"sample_id": "a", "expected": "{{ff}}"}'}
    add(tmp_path, {"files": samples, "task": {"samples": None}})
    tasks = (await gateway.http.get("/api/v1/tasks")).json()
    assert [task["task_id"] for task in tasks] == ["healthy", "riddle"]
    found = (await gateway.http.get("/api/v1/catalog/mistakes")).json()
    assert [(one["part"], one["name"], one["file"], one["line"]) for one in found] == [
        ("task", "q", "catalog/tasks/q/samples.jsonl", 1)
    ]
    one = await gateway.http.get("/api/v1/tasks/q")
    assert (one.status_code, one.json()["code"]) == (422, "invalid_catalog")
    missing = await gateway.http.get("/api/v1/tasks/p")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_task")
    assert (await quote(gateway, suite="small")).status_code == 200


async def test_a_suite_that_names_a_broken_task_says_so_when_it_is_started(gateway: Gateway, tmp_path: Path) -> None:
    files = {"tasks/q/task.yaml": "id: [", "suites/s.yaml": "id: s\ntitle: S\ntasks: [healthy, q]\n"}
    add(tmp_path, {"files": files})
    for path in ("/api/v1/runs", "/api/v1/runs/quote", "/api/v1/runs/preview"):
        response = await gateway.http.post(path, json={"models": ["oracle"], "suite": "s"})
        assert response.status_code == 422
        (error,) = response.json()["errors"]
        assert error["where"] == "suite"
        assert error["message"].startswith("task 'q' is broken: catalog/tasks/q/task.yaml:1: not valid YAML: ")
    assert (await quote(gateway, tasks=["healthy"])).status_code == 200


async def test_a_task_of_unknown_category_is_noted_in_a_run_by_category(gateway: Gateway, tmp_path: Path) -> None:
    add(tmp_path, {"files": {"tasks/q/task.yaml": "id: ["}})
    response = await quote(gateway, categories=["c"])
    assert response.status_code == 200
    assert response.json()["notes"] == ["task 'q' is broken and may belong to c; `assay tasks validate` says why"]


async def test_a_note_tells_which_responses_are_not_used(gateway: Gateway) -> None:
    responses = {"default": "x", "responses": {"riddle": {"one": "1", "onee": "2"}, "other": "y"}}
    response = await quote(gateway, models=["replay/mine"], suite="small", responses=responses)
    assert response.status_code == 200
    assert response.json()["notes"] == [
        "responses to 1 task that is not in this run were not used: other",
        "task 'riddle': responses to 1 sample that is not in this run were not used: onee (did you mean 'one'?)",
    ]


@pytest.mark.parametrize("row", BROKEN_ROWS, ids=lambda row: row["why"])
async def test_no_broken_file_costs_more_than_itself(gateway: Gateway, tmp_path: Path, row: dict[str, Any]) -> None:
    add(tmp_path, row)
    for path in ROUTES:
        assert (await gateway.http.get(f"/api/v1{path}")).status_code in (200, 404, 422), path
    assert (await gateway.http.get("/api/v1/tasks/healthy")).status_code == 200
    assert len((await gateway.http.get("/api/v1/catalog/mistakes")).json()) == len(row["mistakes"])
    if "prices.yaml" not in row.get("files", {}):
        assert (await quote(gateway, suite="small")).status_code == 200
