"""The stage as a server in a thread of its own, told what to do from the test's thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import uvicorn

from tests.web.scripted_gateway.app import create
from tests.web.scripted_gateway.live_socket import Switchboard
from tests.web.scripted_gateway.scripted_runs import Play

T = TypeVar("T")


class Stage:
    """``url`` is where it serves; use it as a context manager."""

    def __init__(self, port: int = 0) -> None:
        self._app = create(Switchboard(Play()))
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(self._app, log_level="error", lifespan="off", ws_max_queue=1024)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()

    def __enter__(self) -> Stage:
        self._thread.start()
        self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self.board.cut)
        self._server.should_exit = True
        self._thread.join(60)
        self._socket.close()

    @property
    def board(self) -> Switchboard:
        return self._app.state.board

    @property
    def play(self) -> Play:
        return self.board.play

    def clear(self) -> None:
        """Begin anew: nobody listens, and nothing was ever run."""
        self.do(self.board.cut)
        self._app.state.board = Switchboard(Play())

    def do(self, act: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Call ``act`` in the server's thread, and return what it returns."""
        assert self._loop is not None

        async def acted() -> T:
            return act(*arguments, **named)

        return asyncio.run_coroutine_threadsafe(acted(), self._loop).result(60)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())
