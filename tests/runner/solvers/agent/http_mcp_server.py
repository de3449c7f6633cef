"""``mcp_server.py`` over streamable HTTP, on a loopback port."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.runner.solvers.agent.mcp_server import answers


class HttpServer(ThreadingHTTPServer):
    """With ``events``, answers are event streams, otherwise JSON. After ``calls`` tool calls it answers 404.
    ``messages`` collects all requests, ``ended`` the sessions that were closed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events = True
        self.status = 200
        self.calls = 99
        self.messages: list[dict[str, Any]] = []
        self.ended: list[str] = []
        self.headers_seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/mcp"


class _Handler(BaseHTTPRequestHandler):
    @property
    def _server(self) -> HttpServer:
        assert isinstance(self.server, HttpServer)
        return self.server

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._server.messages.append(message)
        self._server.headers_seen.append({name.lower(): value for name, value in self.headers.items()})
        if message.get("method") == "tools/call":
            self._server.calls -= 1
        if self._server.calls < 0:
            self._answer(404, b"", "text/plain")
        elif self._server.status != 200:
            self._answer(self._server.status, b"", "text/plain")
        elif "id" not in message or "method" not in message:
            self._answer(202, b"", "text/plain")
        elif self._server.events:
            events = "".join(f"event: message\r\ndata: {json.dumps(answer)}\r\n\r\n" for answer in answers(message))
            self._answer(200, b": hello\n\n" + events.encode(), "text/event-stream; charset=utf-8")
        else:
            self._answer(200, json.dumps([*answers(message)][-1]).encode(), "application/json")

    def do_DELETE(self) -> None:
        self._server.ended.append(self.headers["mcp-session-id"])
        self._answer(200, b"", "text/plain")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("mcp-session-id", "s-1")
        if status == 307:
            self.send_header("location", "http://169.254.169.254/")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Keeps the log quiet."""


@contextmanager
def serve_mcp() -> Generator[HttpServer]:
    server = HttpServer()
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
