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

M = TypeVar("M", covariant=True)


class MemoryWork:
    def __init__(self, link: Link, clock: Clock) -> None:
        self._link, self._clock = link, clock
        self._recent = RecentIds(clock)
        self._unclaimed: list[StoredMessage] = []
        self._queues: dict[str, QueueState] = {}
        self._dead: list[DeadLetter] = []

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            check_storable(envelope, WORK)
        await self._link.up()
        for envelope in envelopes:
            if self._recent.is_new(envelope.with_content_id().message_id):
                self._store(StoredMessage(envelope.subject, envelope.payload))

    def _store(self, held: StoredMessage) -> None:
        for shelf in self._queues.values():
            if matches(shelf.queue.subject, held.subject):
                return shelf.add(held)
        return self._unclaimed.append(held)

    def queue_state(self, queue: Queue[Any]) -> QueueState:
        """The queue's messages; a queue comes to be when it is first named."""
        if queue.name not in self._queues:
            shelf = self._queues[queue.name] = QueueState(queue, self._clock)
            waiting, self._unclaimed = self._unclaimed, []
            for held in waiting:
                (shelf.add if matches(queue.subject, held.subject) else self._unclaimed.append)(held)
        return self._queues[queue.name]

    def lose_messages(self) -> None:
        """The queues stay, as the ledger makes them again; waiting fetches go on waiting."""
        queues = [shelf.queue for shelf in self._queues.values()]
        self._queues, self._unclaimed, self._dead = {}, [], []
        self._recent = RecentIds(self._clock)
        for queue in queues:
            self.queue_state(queue)

    async def fetch(self, queue: Queue[M], limit: int, wait_seconds: float) -> Sequence[Delivery[M]]:
        shelf = self.queue_state(queue)
        deadline = self._clock.now() + wait_seconds
        while True:
            changed = shelf.changed
            found = self._decoded(shelf, limit) if self._link.connected else []
            left = deadline - self._clock.now()
            if found or left <= 0:
                return found
            await within(self._clock, min(left, shelf.next_due_seconds()), changed.wait())

    def _decoded(self, shelf: QueueState, limit: int) -> list[MemoryDelivery[Any]]:
        found: list[MemoryDelivery[Any]] = []
        while len(found) < limit and (held := shelf.take()) is not None:
            if held.deliveries > shelf.queue.max_deliver:
                self.dead_letter(held, f"delivered {shelf.queue.max_deliver} times without being settled")
                continue
            try:
                found.append(MemoryDelivery(self, shelf, held, decode(shelf.queue.kind, held.payload)))
            except Malformed as error:
                self.dead_letter(held, str(error))
        return found

    def dead_letter(self, held: StoredMessage, reason: str) -> None:
        if not held.settled:
            held.settled = True
            letter = DeadLetter(
                position=len(self._dead) + 1,
                subject=held.subject,
                reason=reason,
                deliveries=held.deliveries,
                payload=held.payload,
            )
            self._dead.append(letter)

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        for delivery in deliveries:
            if isinstance(delivery, MemoryDelivery):
                delivery.extend()

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        return self._dead[after : after + limit]


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

    def extend(self) -> None:
        self._queue.return_after(self._stored, self._queue.queue.ack_wait_seconds)

    async def ack(self) -> None:
        self._stored.settled = True

    async def nak(self, delay_seconds: float = 0.0) -> None:
        if self._stored.deliveries >= self._queue.queue.max_deliver:
            self._work.dead_letter(self._stored, f"handed back {self._stored.deliveries} times")
        else:
            self._queue.return_after(self._stored, delay_seconds)

    async def dead_letter(self, reason: str) -> None:
        self._work.dead_letter(self._stored, reason)
