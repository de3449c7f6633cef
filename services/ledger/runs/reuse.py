"""Reuse: taking over the results of earlier attempts with the same content key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.contracts.attempts import TryEnd
from assay.contracts.runs import RunPlan
from services.ledger.attempts.content_key import content_key
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.errors import nothing_to_retry

REUSABLE = "score IS NOT NULL"
"""In SQL: attempts that say something about their model. The index ``attempts_reusable`` covers them."""

_NEWEST = f"""
SELECT DISTINCT ON (key) key, outcome, score, reason, duration_seconds, flag_count,
  CASE WHEN reused_from = '' THEN attempt_id ELSE reused_from END
FROM attempts WHERE key = ANY($1::text[]) AND {REUSABLE} {{of_run}} ORDER BY key, changed_at DESC
"""
_RESULTS = _NEWEST.format(of_run="")
_RESULTS_OF_RUN = _NEWEST.format(of_run="AND run_id = $2")

# Also of attempts that are still being graded: grading an answer twice is free, executing an attempt twice is not.
_ANSWERS_OF_RUN = """
SELECT a.key, a.attempt_id, a.duration_seconds FROM attempts a JOIN runs r USING (run_id)
WHERE a.key = ANY($1::text[]) AND a.run_id = $2 AND r.expired_at IS NULL
  AND (a.outcome IN ('cancelled', 'infra_error', 'needs_review') OR a.state IN ('executed', 'grading'))
  AND EXISTS (SELECT FROM tries t WHERE t.attempt_id = a.attempt_id AND t.ended = 'executed')
"""

_TAKE = """
INSERT INTO tries
  (attempt_id, token, worker_id, started_at, ended_at, ended, cause, duration_seconds, output, artifacts, flags)
SELECT u.attempt_id, 0, t.worker_id, t.started_at, t.ended_at, t.ended, 'the answer of attempt ' || t.attempt_id,
  t.duration_seconds, t.output, t.artifacts, t.flags
FROM unnest($1::text[], $2::text[]) AS u(attempt_id, answered) CROSS JOIN LATERAL (
  SELECT * FROM tries WHERE tries.attempt_id = u.answered AND ended = $3 ORDER BY token DESC LIMIT 1
) t
"""

_COUNT_FLAGS = """
UPDATE attempts a SET flag_count = jsonb_array_length(t.flags) FROM tries t
WHERE a.attempt_id = ANY($1::text[]) AND t.attempt_id = a.attempt_id AND t.flags <> '[]'
"""


class EarlierResult(Row):
    """``reused_from`` is the attempt that really produced it."""

    key: str
    outcome: str
    score: float | None
    reason: str
    duration_seconds: float
    flag_count: int
    reused_from: str


class Answer(Row):
    """An answer that was not graded: of the attempt that produced it. ``duration_seconds`` is how long that took."""

    key: str
    attempt_id: str
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class Reusable:
    """By content key: results, and answers that only need to be graded."""

    results: Mapping[str, EarlierResult] = field(default_factory=dict[str, EarlierResult])
    answers: Mapping[str, Answer] = field(default_factory=dict[str, Answer])

    def __contains__(self, key: str) -> bool:
        return key in self.results or key in self.answers


async def reusable_for(connection: Connection, plan: RunPlan, keys: Sequence[str]) -> Reusable:
    """What the plan's attempts can reuse: results and answers of ``reuse_run``; with ``reuse``, results of any run.
    Raises Refused if every attempt of ``reuse_run`` has a result."""
    results: list[EarlierResult] = []
    answers: list[Answer] = []
    if plan.reuse_run:
        results = await connection.rows(EarlierResult, _RESULTS_OF_RUN, keys, plan.reuse_run)
        answers = await connection.rows(Answer, _ANSWERS_OF_RUN, keys, plan.reuse_run)
    found = {row.key: row for row in results}
    if plan.reuse_run and found.keys() >= set(keys):
        raise nothing_to_retry(plan.reuse_run)
    if plan.reuse:
        found = {row.key: row for row in await connection.rows(EarlierResult, _RESULTS, keys)} | found
    return Reusable(found, {row.key: row for row in answers if row.key not in found})


async def take_answers(connection: Connection, answers: Sequence[tuple[str, str]]) -> None:
    """Copy the executed try behind each answer, given as the new attempt's id and the id of the one that answered."""
    await connection.execute_columns(_TAKE, answers, TryEnd.EXECUTED)
    if answers:
        await connection.execute(_COUNT_FLAGS, [attempt_id for attempt_id, _ in answers])


def content_keys(plan: RunPlan) -> dict[str, tuple[str, str]]:
    """The content key of each attempt of a plan, with its task's digest and its model's name."""
    return {
        content_key(plan, task, pin, sample_id, repeat): (task.digest, pin.model.name)
        for task in plan.tasks
        for pin in plan.models
        for sample_id in task.sample_ids
        for repeat in range(1, plan.repeats + 1)
    }
