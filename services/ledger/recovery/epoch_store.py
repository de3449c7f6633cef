"""Epochs of the bus, as Postgres remembers them, and publishing again what a lost store held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from assay.contracts.codec import Data
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, to_json

_PRESENT = "SELECT epoch, streams, fact_id FROM bus_epochs ORDER BY epoch DESC LIMIT 1"

_BEGIN = "INSERT INTO bus_epochs (streams, fact_id, reason) VALUES ($1, $2, $3) RETURNING epoch, streams, fact_id"

_UPDATE = "UPDATE bus_epochs SET streams = $2, fact_id = $3, checked_at = clock_timestamp() WHERE epoch = $1"

_ORDERS = "UPDATE pending_orders SET published_at = NULL, urgent = false WHERE published_at IS NOT NULL"

# Readers of the stream can be behind and still miss the end of a run that ended a while ago.
_RUNS = """
SELECT run_id FROM runs WHERE finished_at IS NULL OR finished_at > least(now() - interval '1 hour', $1)
ORDER BY run_id FOR UPDATE
"""

_FACTS = """
WITH gone AS (DELETE FROM pending_facts WHERE run_id = ANY($1::text[]))
INSERT INTO pending_facts (run_id, sequence)
SELECT run_id, sequence FROM facts WHERE run_id = ANY($1::text[]) ORDER BY run_id, sequence
"""

_TIME_OF = "SELECT (body::jsonb ->> 'time')::timestamptz FROM facts WHERE run_id = $1 AND sequence = $2"


class SeenStream(Data, frozen=True, kw_only=True):
    """What was last seen of one stream."""

    created: str
    last: int
    holes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """A period in which the bus lost nothing. ``fact_id`` is the fact at the facts stream's last position."""

    number: int
    streams: Mapping[str, SeenStream]
    fact_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEpoch:
    """An epoch that has just begun, and how many orders and facts are published again."""

    epoch: Epoch
    orders: int
    facts: int


class _EpochRow(Row):
    epoch: int
    streams: dict[str, SeenStream]
    fact_id: str

    def value(self) -> Epoch:
        return Epoch(number=self.epoch, streams=self.streams, fact_id=self.fact_id)


class EpochStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def present(self) -> Epoch | None:
        async with self._database.session() as connection:
            row = await connection.row(_EpochRow, _PRESENT)
        return row.value() if row else None

    async def begin(self, streams: Mapping[str, SeenStream], fact_id: str, reason: str) -> NewEpoch:
        """Unless it is the first epoch, all orders, and the facts that can be missing, are published again."""
        return await self._database.transact(partial(_begin, streams, fact_id, reason))

    async def update(self, epoch: Epoch) -> None:
        async with self._database.session() as connection:
            await connection.execute(_UPDATE, epoch.number, to_json(epoch.streams), epoch.fact_id)


async def _begin(streams: Mapping[str, SeenStream], fact_id: str, reason: str, connection: Connection) -> NewEpoch:
    earlier = await connection.row(_EpochRow, _PRESENT)
    epoch = (await connection.one(_EpochRow, _BEGIN, to_json(streams), fact_id, reason)).value()
    if earlier is None:
        return NewEpoch(epoch=epoch, orders=0, facts=0)
    orders = await connection.execute(_ORDERS)
    return NewEpoch(epoch=epoch, orders=orders, facts=await _republish_facts(connection, fact_id))


async def _republish_facts(connection: Connection, newest: str) -> int:
    """Facts of runs that go on, and of those that ended recently or after the newest fact the store still has; in
    order, so that readers see each run's sequence rise. Locks the runs, as every transaction that adds facts does."""
    run_id, _, sequence = newest.rpartition("-")
    since = await connection.value(datetime, _TIME_OF, run_id, int(sequence)) if sequence.isdigit() else None
    return await connection.execute(_FACTS, await connection.values(str, _RUNS, since))
