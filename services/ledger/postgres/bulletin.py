"""What everyone who asks is told of the bus: by the leader's canary, of new epochs, and of what died."""

from __future__ import annotations

from services.ledger.ports import Standing
from services.ledger.postgres.database import Connection, Database

SILENCE_SECONDS = 15.0
"""A leader tells every few seconds; if none has for so long, there is none."""

_TELL = """
UPDATE bus_epochs SET trouble = $1, checked_at = clock_timestamp()
WHERE epoch = (SELECT max(epoch) FROM bus_epochs)
"""

_STANDS = """
SELECT trouble, reason, extract(epoch FROM clock_timestamp() - checked_at)::float8 AS silent_seconds,
  extract(epoch FROM clock_timestamp() - began_at)::float8 AS age_seconds
FROM bus_epochs ORDER BY epoch DESC LIMIT 1
"""

_DEAD = """
SELECT count(*) AS n, (array_agg(reason ORDER BY found_at DESC))[1] AS reason FROM dead_letters
WHERE action = 'kept' AND attempt_id <> '' AND found_at > now() - interval '1 day'
"""

_NEWS_SECONDS = 20.0
_REPORTED_SECONDS = 600.0


class PostgresBulletin:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, trouble: str) -> None:
        async with self._database.session() as connection:
            await connection.execute(_TELL, trouble)

    async def standing(self) -> Standing:
        return await self._database.read(_standing)


async def _standing(connection: Connection) -> Standing:
    row = await connection.fetchrow(_STANDS)
    if row is None:
        return Standing("no ledger has led yet", "no ledger has led yet")
    dead = await connection.fetchrow(_DEAD)
    assert dead is not None
    silent, age = row["silent_seconds"], row["age_seconds"]
    began = f"{row['reason']}; what it held is published again" if row["reason"] else ""
    troubles = [row["trouble"]]
    if silent > SILENCE_SECONDS:
        troubles = [f"no ledger has led for {silent:.0f} s: nothing is fed, published or swept"]
    if age < _NEWS_SECONDS:
        troubles.append(began)
    details = list(troubles)
    if _NEWS_SECONDS <= age < _REPORTED_SECONDS and began:
        details.append(f"{age:.0f} s ago {began}")
    if dead["n"]:
        details.append(f"{dead['n']} messages of the last day could not be handled, the last because: {dead['reason']}")
    return Standing("; ".join(filter(None, troubles)), "; ".join(filter(None, details)))
