"""Log lines and traces of HTTP requests: which run or attempt they are about, and what answered them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar, Request, Response, get
from litestar.params import FromPath
from litestar.testing import TestClient
from litestar.types import ExceptionHandlersMap
from structlog.contextvars import get_contextvars

from assay import tracing
from services.gateway.http.problems import on_error
from services.gateway.http.request_context import request_context
from tests.otlp_receiver import Receiver, traced

contexts: list[dict[str, Any]] = []
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@get("/api/v1/attempts/{attempt_id:str}/broken")
async def broken(attempt_id: FromPath[str]) -> str:
    raise LookupError(attempt_id)


@get("/api/v1/runs/{run_id:str}")
async def run(run_id: FromPath[str]) -> str:
    contexts.append(get_contextvars())
    return run_id


def note_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    contexts.append(get_contextvars())
    return on_error(request, error)


@get("/healthz")
async def healthz() -> str:
    return "ok"


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    handlers = {Exception: note_error}
    handlers: ExceptionHandlersMap = {Exception: note_error}
    routes = [broken, run, healthz]
    app = Litestar(routes, middleware=[request_context], exception_handlers=handlers, logging_config=None)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with traced("gateway", monkeypatch) as receiver:
        yield receiver


def test_the_run_or_attempt_in_the_path_is_in_the_context_of_log_lines(client: TestClient[Litestar]) -> None:
    contexts.clear()
    assert client.get("/api/v1/runs/r1").status_code == 200
    assert client.get("/api/v1/attempts/r-7/broken").status_code == 500
    assert contexts == [{"run_id": "r1"}, {"attempt_id": "r-7"}], "the second one while the failure is handled"


def test_requests_to_the_api_are_traced_by_their_route(client: TestClient[Litestar], receiver: Receiver) -> None:
    client.get("/healthz")
    client.get("/api/v1/runs/r1", headers={"traceparent": PARENT})
    client.get("/api/v1/attempts/r-7/broken")
    tracing.stop_tracing()
    found, failed = receiver.spans
    assert (found.name, found.trace_id) == ("GET /api/v1/runs/{run_id}", PARENT.split("-")[1])
    assert found.attributes == {
        "http.request.method": "GET",
        "http.route": "/api/v1/runs/{run_id}",
        "assay.run_id": "r1",
        "http.response.status_code": 200,
    }
    assert not found.failed
    assert (failed.parent, failed.failed, failed.attributes["http.response.status_code"]) == ("", True, 500)
