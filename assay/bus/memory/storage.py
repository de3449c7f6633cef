"""State of the memory bus's store."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from assay.bus.errors import BusUnavailable
from assay.bus.memory.facts import MemoryFacts
from assay.bus.memory.link import Link
from assay.bus.memory.work import MemoryWork
from assay.bus.protocol import StreamState
from assay.bus.queues import REPORTS
from assay.bus.streams import DEAD_LETTER_STREAM, FACTS_STREAM

_STORES = count(1)


class MemoryStorage:
    def __init__(self, link: Link, work: MemoryWork, facts: MemoryFacts) -> None:
        self._link, self._work, self._facts = link, work, facts
        self._created = next(_STORES)

    def recreate(self) -> None:
        self._created = next(_STORES)

    async def states(self) -> Sequence[StreamState]:
        self._check()
        lasts = {FACTS_STREAM: self._facts.last, DEAD_LETTER_STREAM: len(await self._work.dead_letters(limit=2**31))}
        return [
            StreamState(stream=stream, created=str(self._created), first=1, last=last) for stream, last in lasts.items()
        ]

    async def verify(self) -> Sequence[StreamState]:
        return await self.states()

    async def fact_id(self, position: int) -> str:
        self._check()
        return self._facts.id_at(position)

    async def round_trip(self, timeout_seconds: float) -> float:
        """Immediate."""
        self._check()
        return 0.0

    async def purge_settled_reports(self) -> int:
        """Nothing to delete: settled messages are not kept."""
        return 0

    async def waiting_reports(self) -> int:
        self._check()
        return self._work.queue_state(REPORTS).waiting

    def _check(self) -> None:
        if not self._link.connected:
            raise BusUnavailable("the link to the memory bus is cut")
