"""Reuse: taking over the results of earlier attempts with the same content key."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.runs import RunPlan
from services.ledger.attempts.content_key import content_key
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row

REUSABLE = ("passed", "failed", "timeout", "refused", "agent_error")
"""Outcomes that say something about the model and would repeat. The index ``attempts_reusable`` covers them."""

_EARLIER = f"""
SELECT DISTINCT ON (key) key, outcome, score, reason, duration_seconds,
  CASE WHEN reused_from = '' THEN attempt_id ELSE reused_from END
FROM attempts WHERE key = ANY($1::text[]) AND outcome IN {REUSABLE} ORDER BY key, changed_at DESC
"""


class EarlierResult(Row):
    """``reused_from`` is the attempt that really produced it."""

    key: str
    outcome: str
    score: float | None
    reason: str
    duration_seconds: float
    reused_from: str


async def earlier_results(connection: Connection, keys: Sequence[str]) -> dict[str, EarlierResult]:
    """The newest reusable result of each content key that has one."""
    return {row.key: row for row in await connection.rows(EarlierResult, _EARLIER, keys)}


def content_keys(plan: RunPlan) -> dict[str, tuple[str, str]]:
    """The content key of each attempt of a plan, with its task's digest and its model's name."""
    return {
        content_key(plan, task, pin, sample_id, repeat): (task.digest, pin.model.name)
        for task in plan.tasks
        for pin in plan.models
        for sample_id in task.sample_ids
        for repeat in range(1, plan.repeats + 1)
    }
