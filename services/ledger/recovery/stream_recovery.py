"""Stream recovery: notices a bus store that was replaced, went back or lost messages, and publishes them again.

Postgres is the truth, so nothing is lost with the store; but its orders and facts reach no one until they are published
again. Postgres remembers which store was seen last and how far it had come: an epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from assay.bus.errors import Missing
from assay.bus.protocol import Bus, StreamState
from assay.bus.queues import all_queues
from assay.bus.streams import DEAD_LETTER_STREAM, FACTS_STREAM
from services.ledger.recovery.dead_letters import DeadLetterHandler
from services.ledger.recovery.epoch_store import Epoch, EpochStore, SeenStream

_log = structlog.get_logger()


class StreamRecovery:
    """``check`` is for the leader, every few seconds."""

    def __init__(self, bus: Bus, epochs: EpochStore, dead_letters: DeadLetterHandler) -> None:
        self._bus = bus
        self._epochs = epochs
        self._dead_letters = dead_letters
        self._read_after_reconnects: int | None = None

    async def check(self) -> None:
        """Compare every stream's state with the one seen before. After each break of the connection all streams are
        read through once: a server that starts on damaged files does not report what it will not deliver."""
        streams = await self._inspect(thorough=False)
        await self._compare(streams)
        reconnects = self._bus.reconnects
        if self._read_after_reconnects != reconnects:
            await self._compare(await self._inspect(thorough=True))
            self._read_after_reconnects = reconnects
        if dead := streams.get(DEAD_LETTER_STREAM):
            await self._dead_letters.handle(dead.created, dead.last)

    async def _inspect(self, *, thorough: bool) -> dict[str, SeenStream]:
        storage = self._bus.storage
        try:
            states = await (storage.verify() if thorough else storage.states())
        except Missing as missing:
            _log.error("bus.stream_missing", reason=str(missing))
            await self._bus.provision(all_queues())
            states = await storage.states()
        return _seen(states)

    async def _compare(self, streams: dict[str, SeenStream]) -> None:
        epoch = await self._epochs.present()
        if epoch is None:
            await self._epochs.begin(streams, await self._last_fact_id(streams), "")
            return
        if reason := _difference(epoch.streams, streams) or await self._history_difference(epoch):
            await self._begin(streams, reason)
        elif streams != epoch.streams:
            merged = {name: _merged(seen, epoch.streams.get(name)) for name, seen in streams.items()}
            fact_id = await self._last_fact_id(streams)
            await self._epochs.update(Epoch(number=epoch.number, streams=merged, fact_id=fact_id))

    async def _begin(self, streams: dict[str, SeenStream], reason: str) -> None:
        new = await self._epochs.begin(streams, await self._last_fact_id(streams), reason)
        _log.error(
            "bus.epoch_began",
            epoch=new.epoch.number,
            reason=reason,
            orders_published_again=new.orders,
            facts_published_again=new.facts,
        )

    async def _history_difference(self, epoch: Epoch) -> str:
        """A store that was restored from a copy and has grown since has other facts at the same positions."""
        seen = epoch.streams.get(FACTS_STREAM)
        if seen is None or not epoch.fact_id:
            return ""
        found = await self._bus.storage.fact_id(seen.last)
        if not found or found == epoch.fact_id:
            return ""
        return f"position {seen.last} of {FACTS_STREAM} held {epoch.fact_id} and now holds {found}"

    async def _last_fact_id(self, streams: Mapping[str, SeenStream]) -> str:
        facts = streams.get(FACTS_STREAM)
        return await self._bus.storage.fact_id(facts.last) if facts and facts.last else ""


def _seen(states: Sequence[StreamState]) -> dict[str, SeenStream]:
    return {state.stream: SeenStream(created=state.created, last=state.last, holes=state.missing) for state in states}


def _merged(seen: SeenStream, before: SeenStream | None) -> SeenStream:
    """Holes found by reading through stay known, though counting does not find them."""
    return SeenStream(created=seen.created, last=seen.last, holes=max(seen.holes, before.holes if before else 0))


def _difference(before: Mapping[str, SeenStream], now: Mapping[str, SeenStream]) -> str:
    """Why the store is not a later state of the one seen before; empty if it is."""
    replaced = [name for name, seen in now.items() if name in before and before[name].created != seen.created]
    if replaced:
        return f"the store was replaced: {', '.join(replaced)} began anew"
    found: list[str] = []
    for name, seen in now.items():
        earlier = before.get(name, seen)
        if seen.last < earlier.last:
            found.append(f"{name} went back from position {earlier.last} to {seen.last}")
        if seen.holes > earlier.holes:
            found.append(f"{seen.holes - earlier.holes} messages of {name} can no longer be read")
    return "; ".join(found)
