"""Snapshots that are true at one sequence, although they are read in several questions."""

from __future__ import annotations

import msgspec

from assay.contracts.attempts import AttemptView
from assay.contracts.codec import decode, encode
from assay.contracts.facts import Event, RunFact
from assay.contracts.live import RunSnapshot, Snapshot
from assay.contracts.runs import RunView
from services.gateway.live.ledger_client import LedgerClient

MAX_ROWS = 10_000
"""A snapshot holds the first so many attempts of a run; the rest are read by ``GET /runs/{id}/attempts``."""


def snapshot_frame(topic: str, cursor: int, data: object) -> str:
    return encode(Snapshot(topic=topic, cursor=cursor, data=msgspec.Raw(encode(data)))).decode()


async def read_run_snapshot(ledger: LedgerClient, run_id: str) -> RunSnapshot:
    """A run and its attempts as they were at ``run.sequence``: what changed while the pages were read is applied."""
    run = await ledger.run(run_id)
    rows: dict[int, tuple[int, AttemptView]] = {}
    seen = [run.sequence]
    async for page in ledger.attempts(run_id):
        seen.append(page.sequence)
        rows.update({row.ordinal: (page.sequence, row) for row in page.items})
        if len(rows) >= MAX_ROWS:
            break
    if max(seen) > min(seen):
        run = await _catch_up(ledger, run, rows, max(seen))
    return RunSnapshot(run=run, attempts=tuple(row for _, row in rows.values()))


async def _catch_up(
    ledger: LedgerClient, run: RunView, rows: dict[int, tuple[int, AttemptView]], until: int
) -> RunView:
    """The run at ``until``, and in ``rows`` every attempt as it was then."""
    at = min(run.sequence, min((sequence for sequence, _ in rows.values()), default=run.sequence))
    while at < until:
        facts, _ = await ledger.facts(run.run_id, at)
        for heard in facts:
            if heard.sequence <= until:
                run = _apply(decode(Event, heard.event), run, rows)
        if not facts:
            break
        at = facts[-1].sequence
    return msgspec.structs.replace(run, sequence=until)


def _apply(event: Event, run: RunView, rows: dict[int, tuple[int, AttemptView]]) -> RunView:
    fact = event.data
    if isinstance(fact, RunFact):
        return msgspec.structs.replace(fact.run, sequence=event.sequence) if event.sequence > run.sequence else run
    read_at, _ = rows.get(fact.attempt.ordinal, (event.sequence, None))
    if event.sequence > read_at:
        rows[fact.attempt.ordinal] = (event.sequence, fact.attempt)
    if event.sequence > run.sequence:
        return msgspec.structs.replace(run, progress=fact.progress, sequence=event.sequence)
    return run
