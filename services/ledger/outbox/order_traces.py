"""The trace that each order continues (docs/decisions/0030-traces.md)."""

from __future__ import annotations

from collections.abc import Iterable

from assay.contracts.ids import run_of
from assay.tracing import carrier_of_part, is_tracing
from assay.tracing.span import TRACEPARENT, Carrier
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row

MAX_ATTEMPTS_IN_A_TRACE = 100
"""A larger run would make a trace that no backend can show: each of its attempts gets a trace of its own."""

_SUBMISSIONS = """
SELECT run_id, p.traceparent, r.total FROM plans p JOIN runs r USING (run_id)
WHERE run_id = ANY($1::text[]) AND p.traceparent <> ''
"""


class _Submission(Row):
    run_id: str
    traceparent: str
    attempts: int


async def order_traces(connection: Connection, attempt_ids: Iterable[str]) -> dict[str, Carrier]:
    """By attempt, of runs whose submission was traced: the submission's context, or that of the attempt's own trace."""
    if not is_tracing():
        return {}
    ids = list(attempt_ids)
    runs = sorted({run_of(each) for each in ids})
    found = {row.run_id: row for row in await connection.rows(_Submission, _SUBMISSIONS, runs)}
    return {each: _context(found[run], each) for each in ids if (run := run_of(each)) in found}


def _context(submission: _Submission, attempt_id: str) -> Carrier:
    if submission.attempts <= MAX_ATTEMPTS_IN_A_TRACE:
        return {TRACEPARENT: submission.traceparent}
    return carrier_of_part(submission.traceparent, attempt_id)
