"""Storing why a run's attempts wait."""

from __future__ import annotations

from collections.abc import Mapping

from assay.contracts.facts import RunChanged
from assay.contracts.runs import Wait
from services.ledger.database.connection import Connection
from services.ledger.database.rows import to_json
from services.ledger.runs.run_counters import RunFact

# A run can be paused or cancelled after it was read.
_SET_WAITS = "UPDATE runs SET waits = $2 WHERE run_id = $1 AND status IN ('waiting', 'running')"


async def store_waits(connection: Connection, waits: Mapping[str, Wait | None]) -> list[RunFact]:
    """Set the waits by run, None where there is none any more; returns the facts to record."""
    for run_id, wait in waits.items():
        await connection.execute(_SET_WAITS, run_id, None if wait is None else to_json(wait))
    return [RunFact(run_id, lambda run: RunChanged(run=run)) for run_id in waits]
