"""Invalid requests get a problem with the place and a suggestion, and create nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import ANY

import msgspec
import pytest

from assay.contracts.problems import Problem
from tests.gateway.harness import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


GOOD: dict[str, Any] = {"models": ["nop"], "suite": "small"}


def text_of(**changes: Any) -> bytes:
    return msgspec.json.encode({**GOOD, **changes})


@pytest.mark.parametrize(
    ("body", "status", "code", "where", "near"),
    [
        (b"", 422, "invalid", "body", None),
        (b"{", 400, "malformed", None, None),
        (b"\xff\xfe", 400, "malformed", None, None),
        (b'{"models": ["nop"], "suite": "\xff"}', 400, "malformed", None, None),
        (b"[" * 100_000, 422, "invalid", "body", None),
        (b'{"models": ["nop"], "suite": "small", "x": ' + b"[" * 100_000, 422, "invalid", "x", None),
        (b"[]", 422, "invalid", "body", None),
        (b"null", 422, "invalid", "body", None),
        (b"{}", 422, "invalid", "body", None),
        (text_of(modles=["nop"]), 422, "invalid", "modles", "models"),
        (text_of(parameters={"temprature": 1}), 422, "invalid", "parameters.temprature", "temperature"),
        (text_of(parameters={"temperature": 9}), 422, "invalid", "parameters.temperature", None),
        (text_of(models="nop"), 422, "invalid", "models", None),
        (text_of(models=[]), 422, "invalid", "models", None),
        (text_of(models=["nop", "a b"]), 422, "invalid", "models[1]", None),
        (text_of(models=["nop"] * 51), 422, "invalid", "models", None),
        (text_of(repeats="3"), 422, "invalid", "repeats", None),
        (text_of(repeats=-1), 422, "invalid", "repeats", None),
        (text_of(repeats=10**30), 422, "invalid", "repeats", None),
        (text_of(name="x" * 201), 422, "invalid", "name", None),
        (text_of(models=["nop", "orakle"]), 422, "unknown_model", "models[1]", "oracle"),
        (text_of(models=["nowhere/x"]), 422, "unknown_provider", "models[0]", None),
        (text_of(suite="smal"), 422, "unknown_suite", "suite", "small"),
        (text_of(tasks=["ridle"]), 422, "unknown_task", "tasks[0]", "riddle"),
        (text_of(categories=["ridles"]), 422, "unknown_category", "categories[0]", "riddles"),
        (text_of(suite=None), 422, "nothing_selected", "suite", None),
        (text_of(models=["paid/dear"]), 422, "unpriced_model", "models[0]", ANY),
    ],
)
async def test_invalid_run_requests(
    shared: Gateway, body: bytes, status: int, code: str, where: str | None, near: str | None
) -> None:
    response = await shared.http.post("/api/v1/runs", content=body)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem["type"] == f"urn:assay:problem:{code}"
    assert problem["detail"]
    if where is not None:
        assert [error["where"] for error in problem["errors"]] == [where]
        assert problem["errors"][0]["near"] == near
    assert not shared.ledger.submitted
    assert not (await shared.http.get("/api/v1/runs")).json()["items"]


async def test_all_errors_are_reported_at_once(shared: Gateway) -> None:
    body = {"models": ["orakle", "nob"], "tasks": ["ridle"], "suite": "smal"}
    problem = (await shared.http.post("/api/v1/runs", json=body)).json()
    assert sorted(error["where"] for error in problem["errors"]) == ["models[0]", "models[1]", "suite", "tasks[0]"]


async def chunks() -> AsyncIterator[bytes]:
    """A body without a content-length."""
    for _ in range(30):
        yield b" " * 50_000


async def test_an_oversized_body_gets_413(shared: Gateway) -> None:
    for content, size in ((b" " * 1_000_001, "1,000,001 bytes"), (chunks(), "more than 1,000,000 bytes")):
        response = await shared.http.post("/api/v1/runs", content=content)
        assert (response.status_code, response.json()["code"]) == (413, "too_large")
        assert response.json()["detail"] == f"The request body has {size}; at most 1,000,000 are accepted."


@pytest.mark.parametrize(
    ("path", "status", "code", "where", "near"),
    [
        ("/api/v1/runs?limit=0", 422, "invalid", "limit", None),
        ("/api/v1/runs?limit=1001", 422, "invalid", "limit", None),
        ("/api/v1/runs?limit=many", 422, "invalid", "limit", None),
        ("/api/v1/runs?stauts=finished", 422, "invalid", "stauts", "status"),
        ("/api/v1/runs?status=finishd", 422, "invalid", "status", "finished"),
        ("/api/v1/runs?search=%00", 422, "invalid", "search", None),
        (f"/api/v1/runs?search={'x' * 300}", 422, "invalid", "search", None),
        ("/api/v1/runs/nosuch", 404, "unknown_run", None, None),
        ("/api/v1/runs/No%20Such%00", 404, "unknown_run", "run", None),
        ("/api/v1/runs/nosuch/attempts", 404, "unknown_run", None, None),
        ("/api/v1/runs/nosuch/attempts?state=dome", 422, "invalid", "state", "done"),
        ("/api/v1/runs/nosuch/attempts?outcome=pased", 422, "invalid", "outcome", "passed"),
        ("/api/v1/runs/nosuch/causes", 404, "unknown_run", None, None),
        ("/api/v1/runs/nosuch/facts", 404, "unknown_run", "run", None),
        ("/api/v1/runs/nosuch/facts?after=-1", 422, "invalid", "after", None),
        ("/api/v1/attempts/nosuch-1", 404, "unknown_run", None, None),
        ("/api/v1/attempts/nosuch", 404, "unknown_attempt", "attempt", None),
        ("/api/v1/tasks/ridle", 404, "unknown_task", "task", "riddle"),
        ("/api/v1/suites/smal", 404, "unknown_suite", "suite", "small"),
        ("/api/v1/nothing", 404, "not_found", None, None),
        ("/api/v2/runs", 404, "not_found", None, None),
        ("/api", 404, "not_found", None, None),
    ],
)
async def test_invalid_queries(
    shared: Gateway, path: str, status: int, code: str, where: str | None, near: str | None
) -> None:
    response = await shared.http.get(path)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert response.headers["content-type"] == "application/problem+json"
    if where is not None:
        assert [(error["where"], error["near"]) for error in problem["errors"]] == [(where, near)]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/v1/runs"), ("DELETE", "/api/v1/runs"), ("POST", "/api/v1/tasks"), ("POST", "/healthz")],
)
async def test_a_wrong_method_gets_405(shared: Gateway, method: str, path: str) -> None:
    response = await shared.http.request(method, path)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize("key", ["x" * 201, "with space"])
async def test_an_invalid_idempotency_key_is_rejected(shared: Gateway, key: str) -> None:
    response = await shared.http.post("/api/v1/runs", json=GOOD, headers={"Idempotency-Key": key})
    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert not shared.ledger.submitted


async def test_a_problem_from_the_ledger_is_passed_on_unchanged(shared: Gateway) -> None:
    run_id = "0" * 26
    response = await shared.http.get(f"/api/v1/runs/{run_id}")
    known = {name: response.json()[name] for name in Problem.__struct_fields__}
    assert known["detail"] == f"no '{run_id}'"
