"""Log lines and traces of HTTP requests: which run or attempt they are about, and what answered them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from litestar.testing import TestClient
from litestar.types import ExceptionHandlersMap

from assay import tracing
from services.gateway.http.problems import on_error
from services.gateway.http.request_context import request_context
from tests.otlp_receiver import Receiver, otlp_receiver

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@get("/api/v1/attempts/{attempt_id:str}/broken")
async def broken(attempt_id: FromPath[str]) -> str:
    raise LookupError(attempt_id)


@get("/api/v1/runs/{run_id:str}")
async def run(run_id: FromPath[str]) -> str:
    return run_id


@get("/healthz")
async def healthz() -> str:
    return "ok"


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    handlers = {Exception: on_error}
    handlers: ExceptionHandlersMap = {Exception: on_error}
    routes = [broken, run, healthz]
    app = Litestar(routes, middleware=[request_context], exception_handlers=handlers, logging_config=None)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with otlp_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        tracing.start_tracing("gateway")
        try:
            yield receiver
        finally:
            tracing.stop_tracing()


def test_a_failure_is_logged_with_the_attempt_in_its_path(
    client: TestClient[Litestar], capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.get("/api/v1/attempts/r-7/broken").status_code == 500
    logged = capsys.readouterr()
    (line,) = [line for line in (logged.out + logged.err).splitlines() if "gateway.request_failed" in line]
    assert "attempt_id" in line
    assert "r-7" in line


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
