"""What one client is owed of one topic."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from typing import NamedTuple

from assay.contracts.codec import encode
from assay.contracts.live import TailFrame
from assay.contracts.tail import TailLine
from services.gateway.live.client.send_queue import Outbox
from services.gateway.live.settings import Pace

_LINES_PER_FRAME = 200


class Standing(Enum):
    JOINING = auto()
    """Its snapshot is being read; what is heard meanwhile is held."""
    LIVE = auto()
    BEHIND = auto()
    """The client is too slow: nothing is kept for it until it has read what it has, then it gets a snapshot."""
    GONE = auto()


class Owed(NamedTuple):
    """A fact as a text of this topic."""

    run_id: str
    sequence: int
    text: str


class Subscription:
    """``on_behind`` is called once each time it falls behind."""

    def __init__(self, topic: str, outbox: Outbox, pace: Pace, on_behind: Callable[[Subscription], None]) -> None:
        self.topic = topic
        self.standing = Standing.JOINING
        self.in_turn = False
        self.resyncs = 0
        self._outbox, self._pace, self._on_behind = outbox, pace, on_behind
        self._floors: dict[str, int] = {}
        self._held: deque[Owed] = deque()
        self._queue: deque[str] = deque()
        self._snapshot: str | None = None
        self._bytes = 0
        self._lines: deque[TailLine] = deque()
        self._line_bytes = 0
        self._dropped = 0
        self._tail_due = False

    @property
    def waiting(self) -> bool:
        return self._snapshot is not None or bool(self._queue) or self._tail_due

    # --- from the feeds

    def offer(self, owed: Owed) -> None:
        """A fact, in order. One that the client has, or will have by its snapshot, is not given again."""
        if self.standing is Standing.JOINING:
            self._hold(owed)
        elif self.standing is Standing.LIVE and owed.sequence > self._floors.get(owed.run_id, 0):
            self._floors[owed.run_id] = owed.sequence
            self._put(owed.text)

    def release(self, snapshot: str | None, floors: Mapping[str, int], replay: Iterable[Owed] = ()) -> None:
        """The join is done: the snapshot first, then facts above ``floors`` (sequence by run), then those held."""
        if self.standing is not Standing.JOINING:
            return
        self.standing = Standing.LIVE
        self._floors = dict(floors)
        self._show(snapshot)
        held, self._held = self._held, deque()
        self._count(-self._bytes)
        for owed in (*replay, *held):
            self.offer(owed)
        if snapshot is not None:
            self._outbox.ready(self)

    def replace(self, snapshot: str) -> None:
        """A newer state of a topic that has no facts; one that was not sent yet gives way to it."""
        if self.standing is Standing.LIVE:
            self._show(snapshot)
            self._outbox.ready(self)

    def tail(self, line: TailLine, size: int) -> None:
        if self.standing is Standing.GONE:
            return
        if self._line_bytes + size > self._pace.max_tail_bytes or not self._outbox.fits(size):
            self._dropped += 1
        else:
            self._lines.append(line)
            self._count_lines(size)
        if not self._tail_due:
            self._tail_due = True
            asyncio.get_running_loop().call_later(self._pace.tail_seconds, self._outbox.ready, self)

    # --- from the connection, and when there is too much

    def fall_behind(self) -> None:
        """Forget what is owed; a snapshot will say it all at once."""
        if self.standing in (Standing.LIVE, Standing.JOINING):
            self.standing = Standing.BEHIND
            self.resyncs += 1
            self._clear()
            self._on_behind(self)

    def rejoin(self) -> None:
        """Hold what is heard from now on, for the snapshot that is about to be read."""
        if self.standing is Standing.BEHIND:
            self.standing = Standing.JOINING

    def leave(self) -> None:
        self.standing = Standing.GONE
        self._clear()
        self._lines.clear()
        self._count_lines(-self._line_bytes)
        self._tail_due = False

    def pop(self) -> str | None:
        """The next text to send, if there is one now."""
        if self._snapshot is not None:
            text = self._snapshot
            self._show(None)
            return text
        if self._queue:
            text = self._queue.popleft()
            self._count(-len(text))
            return text
        return self._pop_tail() if self._tail_due else None

    # --- inside

    def _hold(self, owed: Owed) -> None:
        self._held.append(owed)
        self._count(len(owed.text))
        if not self._outbox.fits(0):
            self.fall_behind()

    def _put(self, text: str) -> None:
        if not self._outbox.fits(len(text)):
            self.fall_behind()
            return
        self._queue.append(text)
        self._count(len(text))
        self._outbox.ready(self)

    def _clear(self) -> None:
        self._held.clear()
        self._queue.clear()
        self._show(None)
        self._count(-self._bytes)

    def _show(self, snapshot: str | None) -> None:
        self._outbox.count(snapshot_size=len(snapshot or "") - len(self._snapshot or ""))
        self._snapshot = snapshot

    def _count(self, size: int) -> None:
        self._bytes += size
        self._outbox.count(size)

    def _count_lines(self, size: int) -> None:
        self._line_bytes += size
        self._outbox.count(size)

    def _pop_tail(self) -> str | None:
        lines = [self._lines.popleft() for _ in range(min(len(self._lines), _LINES_PER_FRAME))]
        dropped, self._dropped = self._dropped, 0
        if not self._lines:
            self._tail_due = False
            self._count_lines(-self._line_bytes)
        if not lines and not dropped:
            return None
        return encode(TailFrame(topic=self.topic, lines=tuple(lines), dropped=dropped)).decode()
