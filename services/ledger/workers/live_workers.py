"""Live workers: those whose last heartbeat is recent enough to count on."""

from __future__ import annotations

from assay.contracts.attempts import Stage
from assay.contracts.models import Outage
from assay.contracts.rpc import Heartbeat
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns, to_json

_SEEN = """
INSERT INTO workers (worker_id, stage, pool, slots, sandboxes, outages, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp()) ON CONFLICT (worker_id)
DO UPDATE SET slots = excluded.slots, sandboxes = excluded.sandboxes, outages = excluded.outages,
  seen_at = excluded.seen_at
"""


def live_since(parameter: str) -> str:
    """The SQL condition for a live worker. ``parameter`` is the statement's parameter for the seconds of silence."""
    return f"seen_at > clock_timestamp() - make_interval(secs => {parameter})"


_SLOTS = f"SELECT stage, sum(slots)::int AS slots FROM workers WHERE {live_since('$1')} GROUP BY stage"


class WorkerCapabilities(Row):
    """The kinds of sandbox a live worker offers; None while it has not reported any."""

    stage: Stage
    sandboxes: tuple[str, ...] | None


_CAPABILITIES = f"SELECT {columns(WorkerCapabilities)} FROM workers WHERE pool = 'default' AND {live_since('$1')}"


class OfferedSlots(Row):
    """Slots of all live workers that offer the same kinds of sandbox; None: they have not reported any."""

    sandboxes: tuple[str, ...] | None
    slots: int


_OFFERS = f"""
SELECT sandboxes, sum(slots)::int AS slots FROM workers
WHERE stage = $1 AND pool = 'default' AND {live_since("$2")} GROUP BY sandboxes ORDER BY sandboxes
"""


class _ReportedOutage(Row):
    outage: Outage


_OUTAGES = f"""
SELECT outage FROM workers, jsonb_array_elements(outages) AS outage
WHERE stage = 'run' AND {live_since("$1")} ORDER BY worker_id DESC
"""


class _StageSlots(Row):
    stage: str
    slots: int


async def record_heartbeat(connection: Connection, beat: Heartbeat) -> None:
    sandboxes = None if beat.sandboxes is None else list(beat.sandboxes)
    values = (beat.worker_id, beat.stage, beat.pool, beat.slots, sandboxes, to_json(beat.outages))
    await connection.execute(_SEEN, *values)


async def live_slots(connection: Connection, silence_seconds: float) -> dict[str, int]:
    """Slots of live workers by stage."""
    return {row.stage: row.slots for row in await connection.rows(_StageSlots, _SLOTS, silence_seconds)}


async def live_capabilities(connection: Connection, silence_seconds: float) -> list[WorkerCapabilities]:
    """Of the workers that orders go to."""
    return await connection.rows(WorkerCapabilities, _CAPABILITIES, silence_seconds)


async def live_offers(connection: Connection, stage: Stage, silence_seconds: float) -> list[OfferedSlots]:
    """Of the workers that orders go to."""
    return await connection.rows(OfferedSlots, _OFFERS, stage, silence_seconds)


async def live_outages(connection: Connection, silence_seconds: float) -> dict[str, Outage]:
    """By model: what live runners report. Of several reports of a model, that of the first runner by id, so that the
    text does not change from one reading to the next."""
    reported = await connection.rows(_ReportedOutage, _OUTAGES, silence_seconds)
    return {row.outage.model: row.outage for row in reported}
