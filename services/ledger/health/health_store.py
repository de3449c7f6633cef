"""The ledger's health: what the leader reports of the bus, what was dead-lettered, and work that no worker takes."""

from __future__ import annotations

from dataclasses import dataclass

from assay.contracts.attempts import Stage
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import live_since, live_slots

LEADER_SILENCE_SECONDS = 15.0
"""A leader reports every few seconds; after this long without a report there is none."""

_SET_TROUBLE = """
UPDATE bus_epochs SET trouble = $1, checked_at = clock_timestamp()
WHERE epoch = (SELECT max(epoch) FROM bus_epochs)
"""

_LEADER_REPORT = """
SELECT trouble, reason, extract(epoch FROM clock_timestamp() - checked_at)::float8,
  extract(epoch FROM clock_timestamp() - began_at)::float8
FROM bus_epochs ORDER BY epoch DESC LIMIT 1
"""

_DEAD_LETTERS = """
SELECT count(*), (array_agg(reason ORDER BY found_at DESC))[1] FROM dead_letters
WHERE action = 'kept' AND attempt_id <> '' AND found_at > now() - interval '1 day'
"""

NEW_RUN_SECONDS = 5.0
"""A run that is no older does not show that no runner takes work: the system may have started a moment ago."""

# Paused runs wait for people, not for workers.
_UNTAKEN = f"""
SELECT stage, n FROM (
  SELECT 'run' AS stage, coalesce(sum(n_waiting + n_queued), 0)::int AS n FROM runs
    WHERE status IN ('waiting', 'running') AND created_at < clock_timestamp() - interval '{NEW_RUN_SECONDS} s'
  UNION ALL
  SELECT 'judge', coalesce(sum(n_executed), 0)::int FROM runs WHERE status IN ('running', 'cancelling')
) waiting WHERE n > 0 AND NOT EXISTS (
  SELECT 1 FROM workers WHERE workers.stage = waiting.stage AND slots > 0 AND {live_since("$1")}
)
"""
_WORKERS = {Stage.RUN: "runner", Stage.JUDGE: "judge"}
_NEW_EPOCH_SECONDS = 20.0
_RECENT_EPOCH_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """``trouble`` holds up work now; ``detail`` is that and what else should be known."""

    trouble: str = ""
    detail: str = ""


class _LeaderReport(Row):
    """``reason`` is why the present epoch of the bus began."""

    trouble: str
    reason: str
    silent_seconds: float
    epoch_seconds: float


class _DeadLetters(Row):
    count: int
    last_reason: str | None


class _Untaken(Row):
    stage: Stage
    count: int


class HealthStore:
    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._silence_seconds = settings.worker_silence_seconds

    async def set_trouble(self, trouble: str) -> None:
        async with self._database.session() as connection:
            await connection.execute(_SET_TROUBLE, trouble)

    async def status(self) -> HealthStatus:
        async with self._database.snapshot() as connection:
            status = await _status(connection, self._silence_seconds)
        if not (shortage := self._database.shortage):
            return status
        text = f"Postgres cannot store anything new: {shortage}"
        return HealthStatus(_joined([text, status.trouble]), _joined([text, status.detail]))

    async def live_slots(self) -> dict[str, int]:
        async with self._database.session() as connection:
            return await live_slots(connection, self._silence_seconds)


async def _status(connection: Connection, silence_seconds: float) -> HealthStatus:
    leader = await connection.row(_LeaderReport, _LEADER_REPORT)
    if leader is None:
        return HealthStatus("no ledger has led yet", "no ledger has led yet")
    dead = await connection.one(_DeadLetters, _DEAD_LETTERS)
    untaken = await connection.rows(_Untaken, _UNTAKEN, silence_seconds)
    began = f"{leader.reason}; its messages are published again" if leader.reason else ""
    troubles = [leader.trouble]
    if leader.silent_seconds > LEADER_SILENCE_SECONDS:
        silent = f"no ledger has led for {leader.silent_seconds:.0f} s"
        troubles = [f"{silent}: nothing is scheduled, published or swept"]
    troubles += [
        f"{each.count} attempts wait and no {_WORKERS[each.stage]} takes work: none is alive, or its host is short of "
        "disk or memory (see its log)"
        for each in untaken
    ]
    if leader.epoch_seconds < _NEW_EPOCH_SECONDS:
        troubles.append(began)
    details = list(troubles)
    if began and _NEW_EPOCH_SECONDS <= leader.epoch_seconds < _RECENT_EPOCH_SECONDS:
        details.append(f"{leader.epoch_seconds:.0f} s ago {began}")
    if dead.count:
        unhandled = f"{dead.count} messages of the last day could not be handled"
        details.append(f"{unhandled}, the last because: {dead.last_reason}")
    return HealthStatus(_joined(troubles), _joined(details))


def _joined(texts: list[str]) -> str:
    return "; ".join(filter(None, texts))
