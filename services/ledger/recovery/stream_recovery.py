"""The guard over the bus: notices a store that was replaced, went back or lost something, and has it filled again.

Postgres is the truth, so nothing is lost with the store; but orders and facts that it held reach nobody until they are
published again. The guard remembers in Postgres which store it saw and how far that was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from assay.bus.errors import Missing
from assay.bus.protocol import Bus, StreamState
from assay.bus.queues import all_queues
from assay.bus.streams import DEAD_STREAM, FACTS_STREAM
from assay.contracts.codec import Data

log = structlog.get_logger()


class Known(Data, frozen=True, kw_only=True):
    """What was seen of one stream."""

    created: str
    last: int
    holes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """``fact_id`` is what stood at the facts stream's last position."""

    number: int
    streams: Mapping[str, Known]
    fact_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What a new epoch has to publish again."""

    epoch: Epoch
    orders: int
    facts: int


class Epochs(Protocol):
    async def present(self) -> Epoch | None: ...
    async def begin(self, streams: Mapping[str, Known], fact_id: str, reason: str) -> Restored:
        """A new epoch; unless it is the first, all orders, and the facts that may be missed, are published again."""
        ...

    async def note(self, epoch: Epoch) -> None: ...


class Undertaker(Protocol):
    async def attend(self, store: str, last: int) -> None:
        """Deal with the dead letters of a store up to a position."""
        ...


class Guard:
    """``check`` is to be called every few seconds by whoever leads. ``restored`` tells of the present epoch, if it did
    not begin in good order."""

    def __init__(self, bus: Bus, epochs: Epochs, undertaker: Undertaker) -> None:
        self._bus = bus
        self._epochs = epochs
        self._undertaker = undertaker
        self._read_at: int | None = None

    async def check(self) -> None:
        """Every stream's state; and all of it is read through once after each break of the connection, for a server
        that starts on damaged files says nothing of what it will not deliver."""
        streams = await self._look(thorough=False)
        await self._compare(streams)
        reconnects = self._bus.reconnects
        if self._read_at != reconnects:
            await self._compare(await self._look(thorough=True))
            self._read_at = reconnects
        if dead := streams.get(DEAD_STREAM):
            await self._undertaker.attend(dead.created, dead.last)

    async def _look(self, *, thorough: bool) -> dict[str, Known]:
        storage = self._bus.storage
        try:
            states = await (storage.read_through() if thorough else storage.states())
        except Missing as missing:
            log.error("bus.stream_missing", reason=str(missing))
            await self._bus.provision(all_queues())
            states = await storage.states()
        return _known(states)

    async def _compare(self, streams: dict[str, Known]) -> None:
        epoch = await self._epochs.present()
        if epoch is None:
            await self._epochs.begin(streams, await self._fact_at(streams), "")
            return
        if reason := _difference(epoch.streams, streams) or await self._history_differs(epoch, streams):
            await self._begin(streams, reason)
        elif streams != epoch.streams:
            merged = {name: _merged(known, epoch.streams.get(name)) for name, known in streams.items()}
            fact_id = await self._fact_at(streams)
            await self._epochs.note(Epoch(number=epoch.number, streams=merged, fact_id=fact_id))

    async def _begin(self, streams: dict[str, Known], reason: str) -> None:
        restored = await self._epochs.begin(streams, await self._fact_at(streams), reason)
        log.error(
            "bus.epoch_began",
            epoch=restored.epoch.number,
            reason=reason,
            orders_published_again=restored.orders,
            facts_published_again=restored.facts,
        )

    async def _history_differs(self, epoch: Epoch, streams: dict[str, Known]) -> str:
        """A store restored from a copy and grown beyond where it was has other facts at the same positions."""
        known = epoch.streams.get(FACTS_STREAM)
        if known is None or not epoch.fact_id:
            return ""
        stands = await self._bus.storage.fact_id(known.last)
        if not stands or stands == epoch.fact_id:
            return ""
        return f"position {known.last} of {FACTS_STREAM} held {epoch.fact_id} and now holds {stands}"

    async def _fact_at(self, streams: Mapping[str, Known]) -> str:
        facts = streams.get(FACTS_STREAM)
        return await self._bus.storage.fact_id(facts.last) if facts and facts.last else ""


def _known(states: Sequence[StreamState]) -> dict[str, Known]:
    return {state.stream: Known(created=state.created, last=state.last, holes=state.holes) for state in states}


def _merged(known: Known, before: Known | None) -> Known:
    """Holes that reading found are not forgotten by counting."""
    return Known(created=known.created, last=known.last, holes=max(known.holes, before.holes if before else 0))


def _difference(before: Mapping[str, Known], now: Mapping[str, Known]) -> str:
    """How the store is not a later state of the one that was seen; empty if it is."""
    others = [name for name, known in now.items() if name in before and before[name].created != known.created]
    if others:
        return f"the store was replaced: {', '.join(others)} began anew"
    found: list[str] = []
    for name, known in now.items():
        earlier = before.get(name, known)
        if known.last < earlier.last:
            found.append(f"{name} went back from position {earlier.last} to {known.last}")
        if known.holes > earlier.holes:
            found.append(f"{known.holes - earlier.holes} messages of {name} cannot be read any more")
    return "; ".join(found)
