"""The Hugging Face hub, as far as the library ``datasets`` needs it to load one dataset of Parquet files."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast

import pyarrow
import pyarrow.parquet

COMMIT = "a" * 40
NAME = "acme/plant"
FILE = "data/test-00000-of-00001.parquet"


class FakeHub(ThreadingHTTPServer):
    """Serves ``NAME`` to those who have ``token``, and nothing else. ``authorizations`` are the headers it was sent."""

    def __init__(self, columns: dict[str, list[Any]], token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(columns), buffer)
        self.content, self.token = buffer.getvalue(), token
        self.authorizations: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> FakeHub:
        return cast("FakeHub", self.server)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        authorization = self.headers.get("Authorization", "")
        self.hub.authorizations.add(authorization)
        if NAME not in path:
            self._send(404, b"{}", with_body, {"X-Error-Code": "RepoNotFound"})
        elif authorization != f"Bearer {self.hub.token}":
            message = {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Access to dataset {NAME} is restricted."}
            self._send(401, b"{}", with_body, message)
        elif "/resolve/" in path and path.endswith(FILE):
            digest = hashlib.sha256(self.hub.content).hexdigest()
            self._send(200, self.hub.content, with_body, {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT})
        elif "/resolve/" in path:
            self._send(404, b"", with_body, {"X-Error-Code": "EntryNotFound"})
        else:
            self._send(200, json.dumps(self._listing(path)).encode(), with_body, {"Content-Type": "application/json"})

    def _listing(self, path: str) -> Any:
        if "/tree/" not in path:
            return {"id": NAME, "sha": COMMIT, "private": False, "gated": "auto", "tags": [],
                    "siblings": [{"rfilename": FILE}], "lastModified": "2026-01-01T00:00:00.000Z"}  # fmt: skip
        if path.endswith("/data"):
            return [{"type": "file", "path": FILE, "size": len(self.hub.content), "oid": "b" * 40}]
        return [{"type": "directory", "path": "data", "size": 0, "oid": "c" * 40}]

    def _send(self, status: int, body: bytes, with_body: bool, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@contextmanager
def fake_hub(columns: dict[str, list[Any]], token: str) -> Generator[FakeHub]:
    with FakeHub(columns, token) as hub:
        thread = Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
