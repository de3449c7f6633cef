"""The work plane in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from assay.bus.memory.clock import Clock, within
from assay.bus.memory.dedup import Recent
from assay.bus.memory.link import Line
from assay.bus.memory.queue_state import Held, Shelf
from assay.bus.protocol import DeadLetter, Delivery, Envelope, Queue
from assay.bus.subjects import check_storable, matches
from assay.contracts.codec import Malformed, decode
from assay.contracts.subjects import WORK

M = TypeVar("M", covariant=True)


class MemoryWork:
    def __init__(self, line: Line, clock: Clock) -> None:
        self._line, self._clock = line, clock
        self._recent = Recent(clock)
        self._unclaimed: list[Held] = []
        self._shelves: dict[str, Shelf] = {}
        self._dead: list[DeadLetter] = []

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            check_storable(envelope, WORK)
        await self._line.up()
        for envelope in envelopes:
            if self._recent.is_new(envelope.by_content().message_id):
                self._store(Held(envelope.subject, envelope.payload))

    def _store(self, held: Held) -> None:
        for shelf in self._shelves.values():
            if matches(shelf.queue.subject, held.subject):
                return shelf.add(held)
        return self._unclaimed.append(held)

    def shelf(self, queue: Queue[Any]) -> Shelf:
        """The queue's messages; a queue comes to be when it is first named."""
        if queue.name not in self._shelves:
            shelf = self._shelves[queue.name] = Shelf(queue, self._clock)
            waiting, self._unclaimed = self._unclaimed, []
            for held in waiting:
                (shelf.add if matches(queue.subject, held.subject) else self._unclaimed.append)(held)
        return self._shelves[queue.name]

    def forget(self) -> None:
        """The queues stay, as the ledger makes them again; waiting fetches go on waiting."""
        queues = [shelf.queue for shelf in self._shelves.values()]
        self._shelves, self._unclaimed, self._dead = {}, [], []
        self._recent = Recent(self._clock)
        for queue in queues:
            self.shelf(queue)

    async def fetch(self, queue: Queue[M], limit: int, wait_seconds: float) -> Sequence[Delivery[M]]:
        shelf = self.shelf(queue)
        deadline = self._clock.now() + wait_seconds
        while True:
            changed = shelf.changed
            found = self._readable(shelf, limit) if self._line.connected else []
            left = deadline - self._clock.now()
            if found or left <= 0:
                return found
            await within(self._clock, min(left, shelf.next_due_seconds()), changed.wait())

    def _readable(self, shelf: Shelf, limit: int) -> list[MemoryDelivery[Any]]:
        found: list[MemoryDelivery[Any]] = []
        while len(found) < limit and (held := shelf.take()) is not None:
            if held.deliveries > shelf.queue.max_deliver:
                self.bury(held, f"delivered {shelf.queue.max_deliver} times without being settled")
                continue
            try:
                found.append(MemoryDelivery(self, shelf, held, decode(shelf.queue.kind, held.payload)))
            except Malformed as error:
                self.bury(held, str(error))
        return found

    def bury(self, held: Held, reason: str) -> None:
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
                delivery.put_off()

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        return self._dead[after : after + limit]


class MemoryDelivery(Delivery[M]):
    def __init__(self, work: MemoryWork, shelf: Shelf, held: Held, message: M) -> None:
        self._work, self._shelf, self._held = work, shelf, held
        self._message, self._deliveries = message, held.deliveries

    @property
    def message(self) -> M:
        return self._message

    @property
    def deliveries(self) -> int:
        return self._deliveries

    def put_off(self) -> None:
        self._shelf.return_after(self._held, self._shelf.queue.ack_wait_seconds)

    async def ack(self) -> None:
        self._held.settled = True

    async def nak(self, delay_seconds: float = 0.0) -> None:
        if self._held.deliveries >= self._shelf.queue.max_deliver:
            self._work.bury(self._held, f"handed back {self._held.deliveries} times")
        else:
            self._shelf.return_after(self._held, delay_seconds)

    async def dead_letter(self, reason: str) -> None:
        self._work.bury(self._held, reason)
