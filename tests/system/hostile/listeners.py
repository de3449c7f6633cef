"""Records everything published during a run, on the bus and to live clients; and a provider that repeats its key."""

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
    """Runs in a separate thread. ``messages`` are all messages, requests and replies on the bus, with subjects and
    headers; ``frames`` are those of the WebSocket."""

    def __init__(self, stack: Stack, token: str) -> None:
        self.messages: list[bytes] = []
        self.frames: list[bytes] = []
        self._stack, self._token = stack, token
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._watching: list[asyncio.Task[None]] = []
        self._bus: Any = None

    def __enter__(self) -> Listeners:
        self._thread.start()
        self._run(self._subscribe_to_bus()).result(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._disconnect()).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def watch(self, *topics: str) -> None:
        """Subscribe to topics like a dashboard."""
        self._run(self._subscribe_to_topics(topics)).result(90)

    def stored_messages(self) -> list[bytes]:
        """All messages in all streams."""
        return self._run(self._read_streams()).result(120)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _subscribe_to_bus(self) -> None:
        """Connect as the user that may do everything."""
        text = (self._stack.data / "nats" / "accounts.conf").read_text()
        password = re.search(r'user: "observer", password: "(.+?)"', text)
        port = json.loads((self._stack.data / "stack.json").read_text())["ports"]["nats"]
        assert password
        url = f"nats://127.0.0.1:{port}"
        self._bus = await connect(BusSettings(url=url, user="observer", password=password[1], name="observer"))

        async def record(message: Any) -> None:
            self.messages.append(b"\n".join((message.subject.encode(), repr(message.headers).encode(), message.data)))

        await self._bus.connection.subscribe(">", record)
        await self._bus.connection.flush()

    async def _disconnect(self) -> None:
        for watching in self._watching:
            watching.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._bus.close()

    async def _subscribe_to_topics(self, topics: Sequence[str]) -> None:
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

    async def _read_streams(self) -> list[bytes]:
        connection, found = self._bus.connection, list[bytes]()
        for stream in (await call(connection, "STREAM.LIST"))["streams"]:
            name, state = stream["config"]["name"], stream["state"]
            for sequence in range(state["first_seq"], state["last_seq"] + 1):
                with suppress(ApiRefused):  # positions of removed messages
                    message = (await call(connection, f"STREAM.MSG.GET.{name}", {"seq": sequence}))["message"]
                    found += [b64decode(message.get(part, "")) for part in ("hdrs", "data")]
        return found


class Provider:
    """An OpenAI-compatible provider. The models ``loud`` and ``stream`` repeat the key they receive."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                key = self.headers["authorization"]
                provider.keys.append(key)
                status, media_type, reply = provider.reply(body, key)
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

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

    def reply(self, body: dict[str, Any], key: str) -> tuple[int, str, bytes]:
        error = json.dumps({"error": {"message": f"no such key: {key}", "type": "auth", "code": None}}).encode()
        if body["model"] == "loud":
            return 401, "application/json", error
        if body["model"] == "stream":
            return 400, "application/json", error.replace(b"no such", b"x" * 470 + b" no such")
        message = {"role": "assistant", "content": "Go on."}
        usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return 200, "application/json", json.dumps({"choices": [choice], "usage": usage}).encode()
