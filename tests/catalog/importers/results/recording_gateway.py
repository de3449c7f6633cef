"""A gateway that accepts imported runs and remembers them."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from assay.contracts.codec import decode, encode
from assay.contracts.imported_runs import ImportedRun
from assay.contracts.problems import Problem
from assay.contracts.runs import Progress, RunStatus, RunView


@dataclass
class RecordingGateway:
    """``runs`` by idempotency key. Requests after the first ``accepts`` are refused."""

    address: str = ""
    accepts: int = 1_000
    runs: dict[str, ImportedRun] = field(default_factory=dict[str, ImportedRun])
    views: dict[str, RunView] = field(default_factory=dict[str, RunView])

    def store(self, path: str, key: str, body: bytes) -> tuple[int, bytes]:
        if path != "/api/v1/runs/import" or len(self.views) >= self.accepts:
            problem = Problem(title="The database is full", status=503, code="full", detail="")
            return 503, encode(problem)
        run = decode(ImportedRun, body)
        self.runs[key] = run
        view = RunView(
            run_id=f"r{len(self.views) + 1}",
            project="default",
            name=run.name,
            suite=f"imported/{run.suite}",
            status=RunStatus.FINISHED,
            created_at=datetime.now(UTC),
            models=tuple(each.name for each in run.models),
            task_ids=tuple(each.task_id for each in run.tasks),
            repeats=1,
            progress=Progress(total=len(run.results), done=len(run.results)),
            sequence=1,
        )
        return 201, encode(self.views.setdefault(key, view))


@contextmanager
def recording_gateway() -> Generator[RecordingGateway]:
    gateway = RecordingGateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = gateway.store(self.path, self.headers["idempotency-key"], body)
            self.send_response(status)
            self.send_header("content-type", "application/json" if status < 400 else "application/problem+json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        gateway.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield gateway
        finally:
            server.shutdown()
            thread.join()
