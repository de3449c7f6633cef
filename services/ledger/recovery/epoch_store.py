"""The bus as Postgres remembers it: its epochs, and what is wrong with it now."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from services.ledger.database.database import Connection, Database
from services.ledger.memory.rules.rows import Row, from_jsonb, to_jsonb
from services.ledger.recovery.stream_recovery import Epoch, Known, Restored

_PRESENT = "SELECT epoch, streams, fact_id FROM bus_epochs ORDER BY epoch DESC LIMIT 1"

_BEGIN = "INSERT INTO bus_epochs (streams, fact_id, reason) VALUES ($1, $2, $3) RETURNING epoch, streams, fact_id"

_NOTE = "UPDATE bus_epochs SET streams = $2, fact_id = $3, checked_at = clock_timestamp() WHERE epoch = $1"

_ORDERS = "UPDATE pending_orders SET published_at = NULL, urgent = false WHERE published_at IS NOT NULL"

# Whoever reads the stream may not yet have read the end of a run that ended a while ago.
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


class PostgresEpochs:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def present(self) -> Epoch | None:
        async def work(connection: Connection) -> Epoch | None:
            row = await connection.fetchrow(_PRESENT)
            return _epoch(row) if row else None

        return await self._database.read(work)

    async def begin(self, streams: Mapping[str, Known], fact_id: str, reason: str) -> Restored:
        return await self._database.transact(partial(_begin, streams, fact_id, reason))

    async def note(self, epoch: Epoch) -> None:
        async with self._database.session() as connection:
            await connection.execute(_NOTE, epoch.number, to_jsonb(epoch.streams), epoch.fact_id)


async def _begin(streams: Mapping[str, Known], fact_id: str, reason: str, connection: Connection) -> Restored:
    earlier = await connection.fetchrow(_PRESENT)
    row = await connection.fetchrow(_BEGIN, to_jsonb(streams), fact_id, reason)
    assert row is not None
    if earlier is None:
        return Restored(epoch=_epoch(row), orders=0, facts=0)
    orders = await connection.execute(_ORDERS)
    facts = await _refill(connection, fact_id)
    return Restored(epoch=_epoch(row), orders=int(orders.rpartition(" ")[2]), facts=facts)


async def _refill(connection: Connection, newest: str) -> int:
    """Facts of runs that go on, and of those that ended lately or after the newest fact the store still has; in order,
    so that a reader finds each run's sequence rising. The runs are locked, as by everyone who adds a fact."""
    run_id, _, sequence = newest.rpartition("-")
    since = await connection.fetchval(_TIME_OF, run_id, int(sequence)) if sequence.isdigit() else None
    runs = [row["run_id"] for row in await connection.fetch(_RUNS, since)]
    inserted = await connection.execute(_FACTS, runs)
    return int(inserted.rpartition(" ")[2])


def _epoch(row: Row) -> Epoch:
    return Epoch(number=row["epoch"], streams=from_jsonb(dict[str, Known], row["streams"]), fact_id=row["fact_id"])
