"""A proxy between a service and its peer that can cut connections, stop forwarding, and delay data."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class NetworkConditions:
    """``delay_seconds`` applies in each direction. A fraction ``stall_rate`` of the chunks is delayed by another
    ``stall_seconds``, which is what packet loss looks like above TCP."""

    delay_seconds: float = 0.0
    stall_rate: float = 0.0
    stall_seconds: float = 0.4


class TcpProxy:
    """Forwards to a port of this host or to a unix socket, and listens on a free port or on the unix socket ``listen``.

    ``cut`` aborts all connections, also new ones. ``pause`` keeps connections open and accepts new ones but forwards
    nothing, like a network partition.
    """

    def __init__(self, target: int | Path, listen: Path | None = None) -> None:
        self.conditions = NetworkConditions()
        self.port = 0
        self.chunks = 0
        self._target, self._listen_on = target, listen
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._forwarding = asyncio.Event()
        self._is_cut = False
        self._random = random.Random(26)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[Any]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> TcpProxy:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self._run(self._cut())

    def restore(self) -> None:
        self._is_cut = False

    def pause(self) -> None:
        self._loop.call_soon_threadsafe(self._forwarding.clear)

    def resume(self) -> None:
        self._loop.call_soon_threadsafe(self._forwarding.set)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> None:
        self._forwarding.set()
        if self._listen_on is not None:
            self._server = await asyncio.start_unix_server(self._forward, self._listen_on)
        else:
            self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections)

    async def _cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = {writer}
        self._connections.add(task)
        self._writers.add(writer)
        try:
            await self._forwarding.wait()
            target_reader, target_writer = await self._connect()
            writers.add(target_writer)
            self._writers.add(target_writer)
            if self._is_cut:
                raise ConnectionAbortedError
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, target_writer))
                group.create_task(self._copy(target_reader, writer))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            for each in writers:
                each.transport.abort()
        finally:
            self._connections.discard(task)
            self._writers -= writers

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._is_cut:
            raise ConnectionAbortedError
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection("127.0.0.1", self._target)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Chunks stay in order. The delay of each starts when it is read."""
        loop = asyncio.get_running_loop()
        delayed: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=2000)
        sending = asyncio.create_task(self._send(delayed, writer))
        try:
            with suppress(OSError):
                while data := await reader.read(65536):
                    await delayed.put((loop.time() + self._delay_seconds(), data))
            await delayed.put((loop.time(), b""))
            await sending
        finally:
            sending.cancel()

    def _delay_seconds(self) -> float:
        conditions = self.conditions
        self.chunks += 1
        stalls = conditions.stall_rate and self._random.random() < conditions.stall_rate
        return conditions.delay_seconds + (conditions.stall_seconds if stalls else 0.0)

    async def _send(self, delayed: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                due, data = await delayed.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                await self._forwarding.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        writer.close()
