"""Starts and stops the fake cluster, and changes what it does."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from tests.fakes.kubernetes.api import NAMESPACE, Api
from tests.fakes.kubernetes.pod_processes import Json

T = TypeVar("T")


class FakeCluster:
    """Serves in a thread of its own until ``close``. Whatever is in ``faults`` happens: ``unavailable``, ``unavailable
    once``, ``created but unavailable`` (once), ``forbidden``, ``quota``, ``unschedulable``, ``no python``, ``out of
    memory`` (every ended container), ``no policy``, ``no policy enforced``. ``namespaces`` is in it if containers may
    create namespaces, as they may under gVisor."""

    def __init__(self) -> None:
        self.faults: set[str] = set()
        self._loop, started = asyncio.new_event_loop(), threading.Event()
        self._api: Api | None = None
        self._runner: web.AppRunner | None = None
        self.url = ""
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        started.wait(30)
        self._file = tempfile.NamedTemporaryFile("w", suffix=".kubeconfig")  # noqa: SIM115
        json.dump(self._kubeconfig(), self._file)
        self._file.flush()
        self.kubeconfig = Path(self._file.name)

    @property
    def api(self) -> Api:
        assert self._api
        return self._api

    @property
    def pods(self) -> dict[str, Json]:
        """By name."""
        return self.api.pods.objects

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs it in the cluster's thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def fail(self, name: str, reason: str, message: str) -> None:
        """Ends a pod as an eviction does."""
        self.call(self.api.pods.fail(name, reason, message))

    def break_exec(self, name: str) -> None:
        """Ends the connections to processes in a pod."""
        for process in self.api.pods.processes[name].executed:
            if process.stdin:
                self._loop.call_soon_threadsafe(process.stdin.close)

    def close(self) -> None:
        self.call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._file.close()

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        started.set()
        self._loop.run_forever()

    async def _start(self) -> None:
        self._api = Api(self.faults)
        self._runner = web.AppRunner(self._api.app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self.api.pods.close()
        assert self._runner
        await self._runner.cleanup()

    def _kubeconfig(self) -> Json:
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "fake", "user": {"token": "none"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake", "namespace": NAMESPACE}}],
        }
