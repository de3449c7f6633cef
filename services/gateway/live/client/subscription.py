"""One client's subscription to one topic: the snapshot, facts and lines still to be sent."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from typing import NamedTuple

from assay.contracts.codec import encode
from assay.contracts.live import TailFrame
from assay.contracts.tail import TailLine
from services.gateway.live.client.send_queue import SendQueue
from services.gateway.live.client.tail_position import TailPosition
from services.gateway.live.settings import LiveSettings

LINES_PER_FRAME = 200
MAX_HELD_LINES = 1_000


class SubscriptionState(Enum):
    JOINING = auto()
    """Its snapshot is being read; facts that arrive meanwhile are buffered."""
    LIVE = auto()
    BEHIND = auto()
    """The client is too slow: facts are dropped until its queue has drained, then it gets a snapshot."""
    CLOSED = auto()


class PendingFrame(NamedTuple):
    """A fact encoded as a frame of this topic."""

    run_id: str
    sequence: int
    text: str


class Subscription:
    """``on_fell_behind`` is called once each time the client becomes too slow for the topic."""

    def __init__(
        self, topic: str, send_queue: SendQueue, settings: LiveSettings, on_fell_behind: Callable[[Subscription], None]
    ) -> None:
        self.topic = topic
        self.state = SubscriptionState.JOINING
        self.scheduled = False
        self._send_queue, self._settings, self._on_fell_behind = send_queue, settings, on_fell_behind
        self._floors: dict[str, int] = {}
        self._buffered: deque[PendingFrame] = deque()
        self._queue: deque[str] = deque()
        self._snapshot: str | None = None
        self._bytes = 0
        self._lines: deque[TailLine] = deque()
        self._line_bytes = 0
        self._held_lines: list[tuple[TailLine, int]] | None = None
        self._tail_position = TailPosition()
        self._dropped = 0
        self._tail_scheduled = False

    @property
    def has_pending(self) -> bool:
        return self._snapshot is not None or bool(self._queue) or self._tail_scheduled

    # --- called by the feeds

    def offer(self, frame: PendingFrame) -> None:
        """Facts are offered in order; those that the client has, or gets with its snapshot, are skipped."""
        if self.state is SubscriptionState.JOINING:
            self._buffer(frame)
        elif self.state is SubscriptionState.LIVE and frame.sequence > self._floors.get(frame.run_id, 0):
            self._floors[frame.run_id] = frame.sequence
            self._enqueue(frame.text)

    def complete_join(
        self, snapshot: str | None, floors: Mapping[str, int], replay: Iterable[PendingFrame] = ()
    ) -> None:
        """Sends the snapshot, then the replayed and the buffered facts above ``floors`` (sequence by run)."""
        if self.state is not SubscriptionState.JOINING:
            return
        self.state = SubscriptionState.LIVE
        self._floors = dict(floors)
        self._set_snapshot(snapshot)
        buffered, self._buffered = self._buffered, deque()
        self._add_bytes(-self._bytes)
        for frame in (*replay, *buffered):
            self.offer(frame)
        if snapshot is not None:
            self._send_queue.schedule(self)

    def replace_snapshot(self, snapshot: str) -> None:
        """For topics without facts: a newer snapshot replaces one not sent yet."""
        if self.state is SubscriptionState.LIVE:
            self._set_snapshot(snapshot)
            self._send_queue.schedule(self)

    def hold_lines(self) -> None:
        """Keep lines until ``release_lines``, because earlier ones are on their way."""
        self._held_lines = []

    def release_lines(self, backlog: Iterable[TailLine]) -> None:
        """Sends the earlier lines, then those that were held and are not among them."""
        held, self._held_lines = self._held_lines or [], None
        for line in backlog:
            self.offer_line(line, len(encode(line)))
        for line, size in held:
            self.offer_line(line, size)

    def offer_line(self, line: TailLine, size: int) -> None:
        """``size`` is in bytes. What the client has been sent already is skipped."""
        if self.state is SubscriptionState.CLOSED:
            return
        if self._held_lines is not None:
            self._hold_line(line, size)
        elif (unsent := self._tail_position.unsent_part(line)) is not None:
            self._queue_line(unsent, size)

    def _hold_line(self, line: TailLine, size: int) -> None:
        assert self._held_lines is not None
        if len(self._held_lines) < MAX_HELD_LINES:
            self._held_lines.append((line, size))
        else:
            self._dropped += 1

    def _queue_line(self, line: TailLine, size: int) -> None:
        if self._line_bytes + size > self._settings.max_tail_bytes or not self._send_queue.fits(size):
            self._dropped += 1
        else:
            self._lines.append(line)
            self._add_line_bytes(size)
        if not self._tail_scheduled:
            self._tail_scheduled = True
            asyncio.get_running_loop().call_later(self._settings.tail_seconds, self._send_queue.schedule, self)

    # --- called by the connection

    def fall_behind(self) -> None:
        """Drop everything queued; a snapshot will replace it."""
        if self.state in (SubscriptionState.LIVE, SubscriptionState.JOINING):
            self.state = SubscriptionState.BEHIND
            self._clear()
            self._on_fell_behind(self)

    def start_rejoin(self) -> None:
        """Buffer facts from now on, because a snapshot is about to be read."""
        if self.state is SubscriptionState.BEHIND:
            self.state = SubscriptionState.JOINING

    def close(self) -> None:
        self.state = SubscriptionState.CLOSED
        self._clear()
        self._lines.clear()
        self._add_line_bytes(-self._line_bytes)
        self._tail_scheduled = False

    def pop(self) -> str | None:
        if self._snapshot is not None:
            text = self._snapshot
            self._set_snapshot(None)
            return text
        if self._queue:
            text = self._queue.popleft()
            self._add_bytes(-len(text))
            return text
        return self._pop_lines() if self._tail_scheduled else None

    # --- queueing

    def _buffer(self, frame: PendingFrame) -> None:
        self._buffered.append(frame)
        self._add_bytes(len(frame.text))
        if not self._send_queue.fits(0):
            self.fall_behind()

    def _enqueue(self, text: str) -> None:
        if not self._send_queue.fits(len(text)):
            self.fall_behind()
            return
        self._queue.append(text)
        self._add_bytes(len(text))
        self._send_queue.schedule(self)

    def _clear(self) -> None:
        self._buffered.clear()
        self._queue.clear()
        self._set_snapshot(None)
        self._add_bytes(-self._bytes)

    def _set_snapshot(self, snapshot: str | None) -> None:
        self._send_queue.add_bytes(snapshot_size=len(snapshot or "") - len(self._snapshot or ""))
        self._snapshot = snapshot

    def _add_bytes(self, size: int) -> None:
        self._bytes += size
        self._send_queue.add_bytes(size)

    def _add_line_bytes(self, size: int) -> None:
        self._line_bytes += size
        self._send_queue.add_bytes(size)

    def _pop_lines(self) -> str | None:
        lines = [self._lines.popleft() for _ in range(min(len(self._lines), LINES_PER_FRAME))]
        dropped, self._dropped = self._dropped, 0
        if not self._lines:
            self._tail_scheduled = False
            self._add_line_bytes(-self._line_bytes)
        if not lines and not dropped:
            return None
        return encode(TailFrame(topic=self.topic, lines=tuple(lines), dropped=dropped)).decode()
