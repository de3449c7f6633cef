"""The messages of one queue: ready ones, and delivered ones that come back when they are due."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass
from typing import Any

from assay.bus.memory.clock import Clock
from assay.bus.protocol import Queue


@dataclass(slots=True, eq=False)
class StoredMessage:
    """A stored message. ``due`` is when it comes back if it is not settled by then."""

    subject: str
    payload: bytes
    deliveries: int = 0
    due: float = 0.0
    settled: bool = False


class QueueState:
    def __init__(self, queue: Queue[Any], clock: Clock) -> None:
        self.queue = queue
        self._clock = clock
        self._fresh: deque[StoredMessage] = deque()
        self._delivered: list[tuple[float, int, StoredMessage]] = []
        self._pushed = 0
        self.changed = asyncio.Event()
        """Set, and then replaced, when something may have become ready: look at it before taking, wait for it after."""

    def add(self, held: StoredMessage) -> None:
        self._fresh.append(held)
        self._announce()

    def take(self) -> StoredMessage | None:
        """The next message, counted as delivered once more; those that came back go first."""
        held = self._take_due() or (self._fresh.popleft() if self._fresh else None)
        if held is not None:
            held.deliveries += 1
            self.return_after(held, self.queue.ack_wait_seconds)
        return held

    def _take_due(self) -> StoredMessage | None:
        now = self._clock.now()
        while self._delivered and self._delivered[0][0] <= now:
            due, _, held = heapq.heappop(self._delivered)
            if not held.settled and held.due == due:
                return held
        return None

    def return_after(self, held: StoredMessage, seconds: float) -> None:
        """Deliver it again then, unless it is settled first."""
        held.due = self._clock.now() + seconds
        self._pushed += 1
        heapq.heappush(self._delivered, (held.due, self._pushed, held))
        self._announce()

    def _announce(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def next_due_seconds(self) -> float:
        """Until the next delivered message may come back; long when there is none."""
        return max(0.001, self._delivered[0][0] - self._clock.now()) if self._delivered else 3600.0
