"""Runs whose attempts wait for an unavailable model say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from assay.contracts.models import Outage
from assay.contracts.runs import Wait, WaitReason
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.runs.fact_recording import record
from services.ledger.scheduling.waits import store_waits
from services.ledger.workers.live_workers import live_outages

MAX_NAMED = 3
"""A wait names this many models."""
SAME_SECONDS = 2.0
"""Ends of a pause that differ by less are the same: each heartbeat states it anew."""

# Attempts wait for a model while they run. The condition on leases is that of the index.
_AFFECTED = """
SELECT DISTINCT run_id, model FROM attempts
WHERE lease_until IS NOT NULL AND state = 'running' AND model = ANY($1::text[])
"""

_RUNS = f"""
SELECT run_id, waits, now() FROM runs
WHERE status IN ('waiting', 'running') AND (run_id = ANY($1::text[]) OR waits->>'reason' = '{WaitReason.OUTAGE}')
ORDER BY run_id FOR UPDATE SKIP LOCKED
"""


class _Affected(Row):
    run_id: str
    model: str


class _WaitingRun(Row):
    run_id: str
    waits: Wait | None
    at: datetime


async def report_outages(connection: Connection, silence_seconds: float) -> int:
    """Set the wait reason of runs whose attempts wait for a model, and clear it when they do not; returns how many
    changed."""
    outages = await live_outages(connection, silence_seconds)
    affected: defaultdict[str, list[Outage]] = defaultdict(list)
    if outages:
        for each in await connection.rows(_Affected, _AFFECTED, list(outages)):
            affected[each.run_id].append(outages[each.model])
    changed = _changed(await connection.rows(_WaitingRun, _RUNS, list(affected)), affected)
    if changed:
        await record(connection, [], run_facts=await store_waits(connection, changed))
    return len(changed)


def _changed(runs: Sequence[_WaitingRun], affected: Mapping[str, Sequence[Outage]]) -> dict[str, Wait | None]:
    waits: dict[str, Wait | None] = {}
    for run in runs:
        outages = affected.get(run.run_id, ())
        wait = _wait(outages, run) if outages else None
        if not _same(wait, run.waits):
            waits[run.run_id] = wait
    return waits


def _wait(outages: Sequence[Outage], run: _WaitingRun) -> Wait:
    """Ends with the first pause."""
    models = sorted(outages, key=lambda outage: outage.model)
    detail = "; ".join(outage.reason for outage in models[:MAX_NAMED])
    more = f"; and {len(models) - MAX_NAMED} more models" if len(models) > MAX_NAMED else ""
    since = run.waits.since if run.waits and run.waits.reason is WaitReason.OUTAGE else run.at
    until = min((outage.until for outage in models if outage.until), default=None)
    return Wait(reason=WaitReason.OUTAGE, detail=detail + more, since=since, until=until)


def _same(one: Wait | None, other: Wait | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.until is None or other.until is None:
        ends_alike = one.until is other.until
    else:
        ends_alike = abs((one.until - other.until).total_seconds()) < SAME_SECONDS
    return ends_alike and (one.reason, one.detail) == (other.reason, other.detail)
