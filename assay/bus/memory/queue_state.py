"""The messages of one queue: new ones, and delivered ones that are due for redelivery unless settled."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass
from typing import Any

from assay.bus.memory.clock import Clock
from assay.bus.protocol import Queue
from assay.tracing.span import Carrier


@dataclass(slots=True, eq=False)
class StoredMessage:
    """``due`` is the time of redelivery if the message is not settled by then."""

    subject: str
    payload: bytes
    trace: Carrier
    deliveries: int = 0
    due: float = 0.0
    settled: bool = False


class QueueState:
    def __init__(self, queue: Queue[Any], clock: Clock) -> None:
        self.queue = queue
        self._clock = clock
        self._new: deque[StoredMessage] = deque()
        self._delivered: list[tuple[float, int, StoredMessage]] = []
        self._pushed = 0
        self.changed = asyncio.Event()
        """Set, and then replaced, when a message may have become available: read it before taking, wait for it
        after."""

    @property
    def waiting(self) -> int:
        """Messages that are not settled."""
        delivered = sum(not message.settled and message.due == due for due, _, message in self._delivered)
        return len(self._new) + delivered

    def add(self, message: StoredMessage) -> None:
        self._new.append(message)
        self._notify()

    def take(self) -> StoredMessage | None:
        """The next message, with its delivery counted; redeliveries first."""
        message = self._take_due() or (self._new.popleft() if self._new else None)
        if message is not None:
            message.deliveries += 1
            self.redeliver_after(message, self.queue.ack_wait_seconds)
        return message

    def _take_due(self) -> StoredMessage | None:
        now = self._clock.now()
        while self._delivered and self._delivered[0][0] <= now:
            due, _, message = heapq.heappop(self._delivered)
            if not message.settled and message.due == due:
                return message
        return None

    def redeliver_after(self, message: StoredMessage, seconds: float) -> None:
        """Schedule a redelivery, unless the message is settled first."""
        message.due = self._clock.now() + seconds
        self._pushed += 1
        heapq.heappush(self._delivered, (message.due, self._pushed, message))
        self._notify()

    def _notify(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def next_due_seconds(self) -> float:
        """Time until the next possible redelivery; an hour if there is none."""
        return max(0.001, self._delivered[0][0] - self._clock.now()) if self._delivered else 3600.0
