"""Snapshots that are consistent at one sequence although they are read in several requests."""

from __future__ import annotations

import msgspec

from assay.contracts.attempts import AttemptView
from assay.contracts.codec import decode, encode
from assay.contracts.facts import Event, RunFact
from assay.contracts.live import RunSnapshot, Snapshot
from assay.contracts.runs import RunView
from services.gateway.live.ledger_client import LedgerClient

Rows = dict[int, tuple[int, AttemptView]]
"""The sequence at which an attempt was read, and the attempt, by ordinal."""
MAX_ROWS = 10_000
"""Attempts in a run's snapshot; clients read the rest from ``GET /runs/{id}/attempts``."""


def snapshot_frame(topic: str, cursor: int, data: object) -> str:
    return encode(Snapshot(topic=topic, cursor=cursor, data=msgspec.Raw(encode(data)))).decode()


async def read_run_snapshot(ledger: LedgerClient, run_id: str) -> RunSnapshot:
    """A run and its attempts at ``run.sequence``: facts newer than a page are applied to it."""
    run = await ledger.run(run_id)
    rows: Rows = {}
    sequences = [run.sequence]
    async for page in ledger.attempts(run_id):
        sequences.append(page.sequence)
        rows.update({row.ordinal: (page.sequence, row) for row in page.items})
        if len(rows) >= MAX_ROWS:
            break
    if max(sequences) > min(sequences):
        run = await _catch_up(ledger, run, rows, max(sequences))
    return RunSnapshot(run=run, attempts=tuple(row for _, row in rows.values()))


async def _catch_up(ledger: LedgerClient, run: RunView, rows: Rows, until: int) -> RunView:
    """The run at sequence ``until``; updates ``rows`` to it as well."""
    at = min(run.sequence, min((sequence for sequence, _ in rows.values()), default=run.sequence))
    while at < until:
        facts, _ = await ledger.facts(run.run_id, at)
        for fact in facts:
            if fact.sequence <= until:
                run = _apply(decode(Event, fact.event), run, rows)
        if not facts:
            break
        at = facts[-1].sequence
    return msgspec.structs.replace(run, sequence=until)


def _apply(event: Event, run: RunView, rows: Rows) -> RunView:
    fact = event.data
    if isinstance(fact, RunFact):
        return msgspec.structs.replace(fact.run, sequence=event.sequence) if event.sequence > run.sequence else run
    row_sequence, _ = rows.get(fact.attempt.ordinal, (event.sequence, None))
    if event.sequence > row_sequence:
        rows[fact.attempt.ordinal] = (event.sequence, fact.attempt)
    if event.sequence > run.sequence:
        return msgspec.structs.replace(run, progress=fact.progress, sequence=event.sequence)
    return run
