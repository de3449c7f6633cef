"""What is told while a run goes on: on the bus, to live clients, and by a provider that repeats its key."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from base64 import b64decode
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_live

from assay.bus.errors import ApiRefused
from assay.bus.nats.bus import connect
from assay.bus.nats.server.api import call
from assay.bus.settings import BusSettings
from assay.client.transport import authorization
from assay.contracts.codec import encode
from assay.contracts.live import Subscribe
from tests.system.harness import Stack


class Listeners:
    """In a thread of their own. ``heard`` is everything as it came: subjects, headers and bodies of messages, requests
    and replies on the bus, and frames of the WebSocket."""

    def __init__(self, stack: Stack, token: str) -> None:
        self.heard: list[bytes] = []
        self.frames: list[bytes] = []
        self._stack, self._token = stack, token
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._watching: list[asyncio.Task[None]] = []
        self._bus: Any = None

    def __enter__(self) -> Listeners:
        self._thread.start()
        self._do(self._tap()).result(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._leave()).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def watch(self, *topics: str) -> None:
        """A client of the dashboard's, from now on."""
        self._do(self._begin(topics)).result(90)

    def stored(self) -> list[bytes]:
        """Every message that any stream keeps."""
        return self._do(self._streams()).result(120)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _tap(self) -> None:
        """As the user that may do everything."""
        text = (self._stack.data / "nats" / "nats.conf").read_text()
        password = re.search(r'user: "observer", password: "(.+?)"', text)
        port = json.loads((self._stack.data / "stack.json").read_text())["ports"]["nats"]
        assert password
        url = f"nats://127.0.0.1:{port}"
        self._bus = await connect(BusSettings(url=url, user="observer", password=password[1], name="observer"))

        async def hear(message: Any) -> None:
            self.heard.append(b"\n".join((message.subject.encode(), repr(message.headers).encode(), message.data)))

        await self._bus.connection.subscribe(">", hear)
        await self._bus.connection.settled()

    async def _leave(self) -> None:
        for watching in self._watching:
            watching.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._bus.close()

    async def _begin(self, topics: Sequence[str]) -> None:
        uri = self._stack.url.replace("http", "ws") + "/api/v1/live?batch=1"
        live = await connect_live(
            uri, additional_headers=authorization(self._token), max_size=None, open_timeout=60, ping_timeout=None
        )
        for topic in topics:
            await live.send(encode(Subscribe(topic=topic)).decode())
        self._watching.append(asyncio.create_task(self._follow(live)))

    async def _follow(self, live: ClientConnection) -> None:
        async with live:
            while True:
                self.frames.append(await live.recv(decode=False))

    async def _streams(self) -> list[bytes]:
        connection, found = self._bus.connection, list[bytes]()
        for stream in (await call(connection, "STREAM.LIST"))["streams"]:
            name, state = stream["config"]["name"], stream["state"]
            for sequence in range(state["first_seq"], state["last_seq"] + 1):
                with suppress(ApiRefused):  # what was settled is gone, which leaves holes
                    message = (await call(connection, f"STREAM.MSG.GET.{name}", {"seq": sequence}))["message"]
                    found += [b64decode(message.get(part, "")) for part in ("hdrs", "data")]
        return found


class Provider:
    """Speaks OpenAI's dialect, and answers by the model's name: ``loud`` and ``stream`` repeat the key that came."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                key = self.headers["authorization"]
                served.keys.append(key)
                status, kind, answer = served.answer(body, key)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Provider:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, body: dict[str, Any], key: str) -> tuple[int, str, bytes]:
        error = json.dumps({"error": {"message": f"no such key: {key}", "type": "auth", "code": None}}).encode()
        if body["model"] == "loud":
            return 401, "application/json", error
        if body["model"] == "stream":
            return 400, "application/json", error.replace(b"no such", b"x" * 470 + b" no such")
        message = {"role": "assistant", "content": "Go on."}
        usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return 200, "application/json", json.dumps({"choices": [choice], "usage": usage}).encode()
