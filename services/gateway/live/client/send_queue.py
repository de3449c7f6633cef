"""Frames queued for one client over all its topics, and the limits on their size."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

BATCH_CHARACTERS = 64 * 1024
MAX_CONTROL_FRAMES = 100
WATERMARK_BYTES = 256 * 1024


class FrameSource(Protocol):
    """A topic's own queue. ``scheduled`` belongs to the SendQueue."""

    scheduled: bool

    @property
    def has_pending(self) -> bool: ...
    def pop(self) -> str | None:
        """The next text to send, or None."""
        ...


class SendQueue:
    """Topics are served round-robin, so a busy one does not starve the others. Control frames are sent first."""

    def __init__(self, max_bytes: int) -> None:
        self._bytes = self._snapshot_bytes = 0
        self._max_bytes = max_bytes
        self._control: deque[str] = deque()
        self._ready: deque[FrameSource] = deque()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._below_watermark = asyncio.Event()
        self._below_watermark.set()

    def push_control(self, text: str) -> None:
        """Queue a frame that is not part of a topic's order, such as a pong or an error."""
        self._control.append(text)
        self._wake()

    def fits(self, size: int) -> bool:
        return self._bytes + size <= self._max_bytes

    def add_bytes(self, size: int = 0, *, snapshot_size: int = 0) -> None:
        """Adjust the number of queued bytes. Snapshots count separately: they are delayed, never refused."""
        self._bytes += size
        self._snapshot_bytes += snapshot_size
        if self._bytes + self._snapshot_bytes <= WATERMARK_BYTES:
            self._below_watermark.set()
        else:
            self._below_watermark.clear()

    def schedule(self, source: FrameSource) -> None:
        """The source has something to send."""
        if not source.scheduled:
            source.scheduled = True
            self._ready.append(source)
            self._wake()

    async def next_batch(self, limit: int = 1) -> list[str]:
        """Waits for at least one text; returns up to ``limit`` while they are short together."""
        while not (texts := self._pop(limit)):
            self._drained.set()
            self._filled.clear()
            await self._filled.wait()
        return texts

    async def wait_below_watermark(self) -> None:
        """Wait until a snapshot may be added."""
        await self._below_watermark.wait()

    async def wait_for_control_capacity(self) -> None:
        """Applies back-pressure to a client that sends requests without reading the answers."""
        if len(self._control) > MAX_CONTROL_FRAMES:
            await self._drained.wait()

    def _pop(self, limit: int) -> list[str]:
        texts: list[str] = []
        size = 0
        while len(texts) < limit and size < BATCH_CHARACTERS and (text := self._pop_one()) is not None:
            texts.append(text)
            size += len(text)
        return texts

    def _pop_one(self) -> str | None:
        if self._control:
            return self._control.popleft()
        while self._ready:
            source = self._ready.popleft()
            text = source.pop()
            source.scheduled = False
            if source.has_pending:
                self.schedule(source)
            if text is not None:
                return text
        return None

    def _wake(self) -> None:
        self._drained.clear()
        self._filled.set()
