"""What everyone who asks is told of the bus: by the leader's canary, of new epochs, and of what died."""

from __future__ import annotations

from functools import partial

from services.ledger.database.database import Connection, Database
from services.ledger.memory.rules.rows import Row
from services.ledger.ports import Standing

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

# Paused runs wait for people.
_IDLE = """
SELECT stage, n FROM (
  SELECT 'run' AS stage, coalesce(sum(n_waiting + n_queued), 0)::int AS n FROM runs
    WHERE status IN ('waiting', 'running')
  UNION ALL
  SELECT 'judge', coalesce(sum(n_executed), 0)::int FROM runs WHERE status IN ('running', 'cancelling')
) waiting WHERE n > 0 AND NOT EXISTS (
  SELECT 1 FROM workers WHERE workers.stage = waiting.stage AND slots > 0
    AND seen_at > clock_timestamp() - make_interval(secs => $1)
)
"""
_WORKERS = {"run": "runner", "judge": "judge"}
_NEWS_SECONDS = 20.0
_REPORTED_SECONDS = 600.0


class PostgresBulletin:
    """A worker not heard of for ``silence_seconds`` is not counted on."""

    def __init__(self, database: Database, silence_seconds: float = 12.0) -> None:
        self._database = database
        self._silence_seconds = silence_seconds

    async def tell(self, trouble: str) -> None:
        async with self._database.session() as connection:
            await connection.execute(_TELL, trouble)

    async def standing(self) -> Standing:
        found = await self._database.read(partial(_standing, self._silence_seconds))
        if not (short := self._database.shortage):
            return found
        text = f"Postgres stores nothing new: {short}"
        return Standing("; ".join(filter(None, (text, found.trouble))), "; ".join(filter(None, (text, found.detail))))


async def _standing(silence_seconds: float, connection: Connection) -> Standing:
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
    troubles += [_idle(row) for row in await connection.fetch(_IDLE, silence_seconds)]
    if age < _NEWS_SECONDS:
        troubles.append(began)
    details = list(troubles)
    if _NEWS_SECONDS <= age < _REPORTED_SECONDS and began:
        details.append(f"{age:.0f} s ago {began}")
    if dead["n"]:
        details.append(f"{dead['n']} messages of the last day could not be handled, the last because: {dead['reason']}")
    return Standing("; ".join(filter(None, troubles)), "; ".join(filter(None, details)))


def _idle(row: Row) -> str:
    worker = _WORKERS[row["stage"]]
    return (
        f"{row['n']} attempts wait and no {worker} takes work: none is alive, or its host is short of disk or memory, "
        f"which its log says"
    )
