"""A provider that is down for a while: attempts wait for it, and one request at a time tests it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

import pytest

from assay.embedded.process_identity import free_port
from tests.system.harness import running_stack

CATALOG = Path(__file__).parents[2] / "catalog"
MODELS = """providers:
  flaky:
    {{kind: openai, title: Flaky, base_url: "http://127.0.0.1:{port}/v1", local: true, concurrency: 8, any_model: true}}
"""
FAILURES = (503, 429)
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "billing"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
}


@dataclass(frozen=True)
class Served:
    """A request, and how many were being answered at once, including it."""

    status: int
    at_once: int


class FlakyProvider(ThreadingHTTPServer):
    """Answers 503, then 429 without Retry-After, then normally. Before it is created, connections are refused."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._lock = Lock()
        self._in_flight, self.served = 0, list[Served]()

    def begin(self) -> int:
        """Returns the status to answer with."""
        with self._lock:
            self._in_flight += 1
            status = FAILURES[len(self.served)] if len(self.served) < len(FAILURES) else 200
            self.served.append(Served(status=status, at_once=self._in_flight))
        return status

    def end(self) -> None:
        with self._lock:
            self._in_flight -= 1


class _Handler(BaseHTTPRequestHandler):
    server: FlakyProvider  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        status = self.server.begin()
        try:
            time.sleep(0.2)  # long enough for requests at the same time to overlap
            body = json.dumps(ANSWER if status == 200 else {"error": {"message": "down for tea"}}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        finally:
            self.server.end()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


@contextmanager
def serving(port: int) -> Generator[FlakyProvider]:
    with FlakyProvider(port) as provider:
        Thread(target=provider.serve_forever, daemon=True).start()
        yield provider
        provider.shutdown()


@pytest.mark.slow
def test_eight_attempts_outlast_a_provider_that_is_down(tmp_path: Path) -> None:
    """Unreachable, then 503, then 429; every attempt has its first try and passes or fails on what the model
    answers."""
    catalog, port = tmp_path / "catalog", free_port()
    shutil.copytree(CATALOG, catalog)
    (catalog / "models.yaml").write_text(MODELS.format(port=port))
    with running_stack("--runners", "1", "--judges", "1", ASSAY_CATALOG=str(catalog)) as stack:
        run_id = stack.submit(tasks=["ticket_routing"], models=["flaky/m-1"], samples=8)
        stack.wait(run_id, lambda run: run["progress"]["running"] == 8)
        down = stack.wait(run_id, lambda run: bool(run["waits"]))
        assert down["waits"]["reason"] == "outage"
        assert down["waits"]["detail"].startswith("flaky/m-1 is unavailable: "), down["waits"]
        with serving(port) as provider:
            run = stack.finish(run_id)
            attempts = stack.attempts(run_id)
            assert {attempt["outcome"] for attempt in attempts} <= {"passed", "failed"}, attempts
            assert run["waits"] is None
            assert run["progress"]["done"] == len(attempts) == 8
            assert [attempt["tries"] for attempt in attempts] == [1] * 8
            tests = [served for served in provider.served if served.status != 200]
            assert tests == [Served(status=status, at_once=1) for status in FAILURES], "one request at a time"
            assert len(provider.served) == len(tests) + 8
            details = [stack.http.get(f"/attempts/{attempt['attempt_id']}").json() for attempt in attempts]
            assert sum(call["cost_nanousd"] for detail in details for call in detail["calls"]) == 0
            assert all(len(detail["calls"]) == 1 for detail in details), "failed requests are counted in it"
            assert sum(detail["calls"][0]["retries"] for detail in details) >= 8 + len(tests)
