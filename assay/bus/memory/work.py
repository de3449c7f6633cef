"""The work plane in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from assay.bus.memory.clock import Clock, within
from assay.bus.memory.dedup import RecentIds
from assay.bus.memory.link import Link
from assay.bus.memory.queue_state import QueueState, StoredMessage
from assay.bus.protocol import DeadLetter, Delivery, Envelope, Queue
from assay.bus.subjects import check_storable, matches
from assay.contracts.codec import Malformed, decode
from assay.contracts.subjects import WORK
from assay.tracing.span import Carrier

M = TypeVar("M", covariant=True)


class MemoryWork:
    def __init__(self, link: Link, clock: Clock) -> None:
        self._link, self._clock = link, clock
        self._recent = RecentIds(clock)
        self._unrouted: list[StoredMessage] = []
        self._queues: dict[str, QueueState] = {}
        self._dead_letters: list[DeadLetter] = []

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            check_storable(envelope, WORK)
        await self._link.up()
        for envelope in envelopes:
            if self._recent.is_new(envelope.with_content_id().message_id):
                self._store(StoredMessage(envelope.subject, envelope.payload, envelope.trace))

    def _store(self, message: StoredMessage) -> None:
        for state in self._queues.values():
            if matches(state.queue.subject, message.subject):
                return state.add(message)
        return self._unrouted.append(message)

    def queue_state(self, queue: Queue[Any]) -> QueueState:
        """The queue's messages; creates the queue if it does not exist."""
        if queue.name not in self._queues:
            self._queues[queue.name] = QueueState(queue, self._clock)
            unrouted, self._unrouted = self._unrouted, []
            for message in unrouted:
                self._store(message)
        return self._queues[queue.name]

    def lose_messages(self) -> None:
        """The queues stay, since the ledger creates them again; pending fetches continue to wait."""
        queues = [state.queue for state in self._queues.values()]
        self._queues, self._unrouted, self._dead_letters = {}, [], []
        self._recent = RecentIds(self._clock)
        for queue in queues:
            self.queue_state(queue)

    async def fetch(self, queue: Queue[M], limit: int, wait_seconds: float) -> Sequence[Delivery[M]]:
        state = self.queue_state(queue)
        deadline = self._clock.now() + wait_seconds
        while True:
            changed = state.changed
            found = self._decode(state, limit) if self._link.connected else []
            left = deadline - self._clock.now()
            if found or left <= 0:
                return found
            await within(self._clock, min(left, state.next_due_seconds()), changed.wait())

    def _decode(self, state: QueueState, limit: int) -> list[MemoryDelivery[Any]]:
        found: list[MemoryDelivery[Any]] = []
        while len(found) < limit and (stored := state.take()) is not None:
            if stored.deliveries > state.queue.max_deliver:
                self.dead_letter(stored, f"delivered {state.queue.max_deliver} times without being settled")
                continue
            try:
                found.append(MemoryDelivery(self, state, stored, decode(state.queue.kind, stored.payload)))
            except Malformed as error:
                self.dead_letter(stored, str(error))
        return found

    def dead_letter(self, stored: StoredMessage, reason: str) -> None:
        if not stored.settled:
            stored.settled = True
            self._dead_letters.append(
                DeadLetter(
                    position=len(self._dead_letters) + 1,
                    subject=stored.subject,
                    reason=reason,
                    deliveries=stored.deliveries,
                    payload=stored.payload,
                )
            )

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        for delivery in deliveries:
            if isinstance(delivery, MemoryDelivery):
                delivery.extend()

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        return self._dead_letters[after : after + limit]


class MemoryDelivery(Delivery[M]):
    def __init__(self, work: MemoryWork, queue: QueueState, stored: StoredMessage, message: M) -> None:
        self._work, self._queue, self._stored = work, queue, stored
        self._message, self._deliveries = message, stored.deliveries

    @property
    def message(self) -> M:
        return self._message

    @property
    def deliveries(self) -> int:
        return self._deliveries

    @property
    def trace(self) -> Carrier:
        return self._stored.trace

    def extend(self) -> None:
        self._queue.redeliver_after(self._stored, self._queue.queue.ack_wait_seconds)

    async def ack(self) -> None:
        self._stored.settled = True

    async def nak(self, delay_seconds: float = 0.0) -> None:
        if self._stored.deliveries >= self._queue.queue.max_deliver:
            self._work.dead_letter(self._stored, f"returned after {self._stored.deliveries} deliveries")
        else:
            self._queue.redeliver_after(self._stored, delay_seconds)

    async def dead_letter(self, reason: str) -> None:
        self._work.dead_letter(self._stored, reason)
