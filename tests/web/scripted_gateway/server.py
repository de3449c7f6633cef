"""The scripted gateway as a server in its own thread, controlled from the test's thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import uvicorn

from assay.contracts.catalog import CatalogMistake
from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.app import create
from tests.web.scripted_gateway.live_socket import LiveHub
from tests.web.scripted_gateway.scripted_runs import ScriptedRuns

T = TypeVar("T")


class ScriptedGateway:
    """A context manager that serves at ``url``."""

    def __init__(self, port: int = 0) -> None:
        self._app = create(LiveHub(ScriptedRuns()))
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(self._app, log_level="error", lifespan="off", ws_max_queue=1024)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()

    def __enter__(self) -> ScriptedGateway:
        self._thread.start()
        self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self.hub.disconnect)
        self._server.should_exit = True
        self._thread.join(60)
        self._socket.close()

    @property
    def hub(self) -> LiveHub:
        return self._app.state.hub

    @property
    def runs(self) -> ScriptedRuns:
        return self.hub.runs

    @property
    def mistakes(self) -> list[CatalogMistake]:
        """What the catalogue's files have wrong."""
        return self._app.state.mistakes

    def reset(self) -> None:
        """Disconnect every client, forget all runs and mistakes."""
        self.call(self.hub.disconnect)
        self._app.state.mistakes = []
        self._app.state.hub = LiveHub(ScriptedRuns())

    def submit(self, request: RunRequest) -> str:
        """Submit a run and return its id."""
        return self.call(self.runs.submit, request).run.run_id

    def advance(self, run_id: str, steps: int = 1) -> None:
        self.call(self.runs.advance, run_id, steps)

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Call ``function`` in the server's thread and return its result."""
        assert self._loop is not None

        async def called() -> T:
            return function(*arguments, **named)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(60)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())
