"""The limit on each call of the candidate, kept by the judge: it can tell a candidate that hangs from one that lacks a
CPU."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from assay.sandbox import ResourceUse, Sandbox

MAX_EXTENSIONS = 5
"""How often a call gets its time again while the candidate lacks a CPU."""
_SAMPLE_SECONDS = 1.0
_REQUESTS = (b'["q"', b"{")
_CALLBACK, _SETTLED = b'["k"', b'["s"'
"""How frames of the candidate begin that are no replies. A candidate that sends others only confuses its own limit."""


class CallLimit:
    """Counts from a request until its reply, without the time in which the tests execute a callback. ``on_exceeded`` is
    called once for a call that takes longer than ``seconds``."""

    def __init__(self, seconds: float, sandbox: Sandbox, on_exceeded: Callable[[], None]) -> None:
        self.seconds = seconds
        self._sandbox, self._on_exceeded = sandbox, on_exceeded
        self._calling = False
        self._extensions = 0
        self._timer: asyncio.TimerHandle | None = None
        self._check: asyncio.Task[None] | None = None

    def sent(self, frame: bytes) -> None:
        """A frame of the tests."""
        if frame.startswith(_REQUESTS):
            self._calling, self._extensions = True, 0
        if self._calling:
            self._start()

    def received(self, frame: bytes) -> None:
        """A frame of the candidate."""
        if frame.startswith(_SETTLED):
            return
        self._calling = self._calling and frame.startswith(_CALLBACK)
        self._stop()

    def reset(self) -> None:
        """The candidate has ended."""
        self._calling = False
        self._stop()

    def _start(self) -> None:
        self._stop()
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._expire)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._check:
            self._check.cancel()
        self._timer = self._check = None

    def _expire(self) -> None:
        self._check = asyncio.ensure_future(self._extend_or_report())

    async def _extend_or_report(self) -> None:
        starved = self._extensions < MAX_EXTENSIONS and await self.is_starved()
        self._check = None
        if starved:
            self._extensions += 1
            self._start()
        else:
            self.reset()
            self._on_exceeded()

    async def is_starved(self) -> bool:
        """Whether the candidate lacks a CPU at present. Unknown counts as no: the sandbox's wall limit applies in any
        case."""
        before = await self._sandbox.usage()
        await asyncio.sleep(_SAMPLE_SECONDS)
        after = await self._sandbox.usage()
        if before is None or after is None:
            return False
        used = ResourceUse(
            cpu_seconds=after.cpu_seconds - before.cpu_seconds,
            runnable_seconds=after.runnable_seconds - before.runnable_seconds,
        )
        return used.starved(_SAMPLE_SECONDS)
