"""The Hugging Face hub, as far as the library ``datasets`` needs it to load one public or gated dataset."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast

import pyarrow
import pyarrow.parquet

Columns = Mapping[str, Sequence[Any]]

COMMIT = "a" * 40
NAME = "acme/plant"
FILE = "data/test-00000-of-00001.parquet"


class FakeHub(ThreadingHTTPServer):
    """Serves ``NAME``, which has these ``files`` by path, to those who have ``token``, and nothing else. Without a
    token it is public. ``authorizations`` are the headers it was sent."""

    def __init__(self, files: Mapping[str, bytes], token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.token = dict(files), token
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
        elif self.hub.token and authorization != f"Bearer {self.hub.token}":
            message = {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Access to dataset {NAME} is restricted."}
            self._send(401, b"{}", with_body, message)
        elif "/resolve/" in path:
            self._send_file(path.partition(f"/resolve/{COMMIT}/")[2], with_body)
        else:
            self._send(200, json.dumps(self._listing(path)).encode(), with_body, {"Content-Type": "application/json"})

    def _send_file(self, name: str, with_body: bool) -> None:
        content = self.hub.files.get(name)
        if content is None:
            self._send(404, b"", with_body, {"X-Error-Code": "EntryNotFound"})
            return
        digest = hashlib.sha256(content).hexdigest()
        self._send(200, content, with_body, {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT})

    def _listing(self, path: str) -> Any:
        if "/tree/" not in path:
            siblings = [{"rfilename": name} for name in self.hub.files]
            return {"id": NAME, "sha": COMMIT, "private": False, "gated": "auto" if self.hub.token else False,
                    "tags": [], "siblings": siblings, "lastModified": "2026-01-01T00:00:00.000Z"}  # fmt: skip
        folder = path.partition(f"/tree/{COMMIT}")[2].strip("/")
        inside = [name for name in self.hub.files if name.startswith(f"{folder}/" if folder else "")]
        entries = {f"{folder}/{name[len(folder) :].strip('/').split('/')[0]}".strip("/"): name for name in inside}
        return [
            {"type": "file", "path": entry, "size": len(self.hub.files[name]), "oid": "b" * 40}
            if entry == name
            else {"type": "directory", "path": entry, "size": 0, "oid": "c" * 40}
            for entry, name in entries.items()
        ]

    def _send(self, status: int, body: bytes, with_body: bool, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def parquet(columns: Columns) -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), buffer)
    return buffer.getvalue()


@contextmanager
def fake_hub(files: Mapping[str, bytes], token: str = "") -> Generator[FakeHub]:
    with FakeHub(files, token) as hub:
        thread = Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
