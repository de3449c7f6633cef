"""A cable between a service and what it needs: a proxy that can go silent, be slow, or stutter.

Silent is what a partition is: connections stay open and nothing comes through, either way; new ones are taken and lead
nowhere. Slow delays every piece by so many seconds; a stutter holds up one piece in twenty for a while, which is what
lost packets look like above TCP.
"""

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
class Weather:
    """``delay_seconds`` each way; ``stutters`` is the share of pieces held up for ``stutter_seconds`` more."""

    delay_seconds: float = 0.0
    stutters: float = 0.0
    stutter_seconds: float = 0.4


FINE = Weather()


class Cable:
    """To a TCP port of this machine, or to a unix socket; it listens on the like."""

    def __init__(self, target: int | Path, listen: Path | None = None) -> None:
        self._target, self._listen_on = target, listen
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._weather = FINE
        self._rng = random.Random(26)
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._ends: set[asyncio.Task[Any]] = set()
        self.pieces = 0
        self.port = 0

    def __enter__(self) -> Cable:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def go_silent(self) -> None:
        self._loop.call_soon_threadsafe(self._open.clear)

    def speak(self) -> None:
        self._loop.call_soon_threadsafe(self._open.set)

    def weather(self, weather: Weather) -> None:
        self._weather = weather

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _listen(self) -> None:
        self._open.set()
        if self._listen_on is not None:
            self._server = await asyncio.start_unix_server(self._carry, self._listen_on)
        else:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._ends:
            task.cancel()
        await asyncio.gather(*self._ends, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._ends.add(task)
        try:
            await self._open.wait()
            if isinstance(self._target, Path):
                far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer))
                group.create_task(self._pump(far_reader, writer))
        except (OSError, ExceptionGroup):
            writer.close()
        finally:
            self._ends.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pieces keep their order; each waits its own time from when it was read."""
        loop = asyncio.get_running_loop()
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=2000)
        sending = asyncio.create_task(self._send(line, writer))
        try:
            with suppress(OSError):
                while data := await reader.read(65536):
                    await line.put((loop.time() + self._held_up(), data))
            await line.put((loop.time(), b""))
            await sending
        finally:
            sending.cancel()

    def _held_up(self) -> float:
        weather = self._weather
        self.pieces += 1
        stutter = weather.stutter_seconds if weather.stutters and self._rng.random() < weather.stutters else 0.0
        return weather.delay_seconds + stutter

    async def _send(self, line: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                due, data = await line.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                await self._open.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        writer.close()
