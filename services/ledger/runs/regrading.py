"""Runs that grade the stored outputs of another run again.

Such a run has an attempt for each one of the other run that is done and left an output, with the same ordinal. Judges
grade them as they grade all attempts; each verdict then revises that of the attempt it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from assay.contracts.attempts import AttemptJudged, Regrade
from assay.contracts.rpc import ChangedVerdict, Changes, RegradeRun
from assay.contracts.runs import RunPlan
from assay.contracts.tasks import TaskPin
from assay.contracts.verdicts import Outcome, RevisionSource, Verdict
from services.ledger.attempts.revisions import NewVerdict, Revised, current_verdicts, revise
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.errors import imported_run, nothing_to_regrade, regraded_run, unknown_checks
from services.ledger.leaderboard.leaderboard_write import revise_results
from services.ledger.runs.plans import Plans

_OUTPUTS = """
SELECT a.ordinal, COALESCE(NULLIF(a.reused_from, ''), a.attempt_id) AS source, a.duration_seconds
FROM attempts a JOIN runs r USING (run_id) WHERE a.run_id = $1 AND a.state = 'done' AND r.expired_at IS NULL
  AND a.outcome IN ('passed', 'failed', 'needs_review', 'infra_error')
  AND EXISTS (SELECT FROM tries t WHERE t.ended = 'executed' AND t.output IS NOT NULL
    AND t.attempt_id = COALESCE(NULLIF(a.reused_from, ''), a.attempt_id))
ORDER BY a.ordinal
"""
_SOURCES = """
SELECT g.attempt_id, COALESCE(NULLIF(a.reused_from, ''), a.attempt_id)
FROM attempts g JOIN runs r ON r.run_id = g.run_id JOIN attempts a ON a.run_id = r.regrades AND a.ordinal = g.ordinal
WHERE g.attempt_id = ANY($1::text[]) AND r.regrades <> ''
"""
MAX_CHANGED = 5000

_CHANGED = """
SELECT a.attempt_id, a.task_id, a.sample_id, a.model, a.repeat, v.body AS after,
  (SELECT p.body FROM verdicts p WHERE p.attempt_id = v.attempt_id AND p.revision < v.revision
   ORDER BY p.revision DESC LIMIT 1) AS before
FROM verdicts v JOIN attempts a USING (attempt_id) WHERE v.by_run = $1 ORDER BY a.attempt_id LIMIT $2
"""
_COUNTS = """
SELECT r.regrades, r.total, r.n_done, r.n_infra_error + r.n_cancelled AS ungraded,
  (SELECT count(*) FROM verdicts v WHERE v.by_run = r.run_id)::int AS changed
FROM runs r WHERE r.run_id = $1
"""
_CHECK_NAMES = """
SELECT DISTINCT c->>'name' FROM attempts a
JOIN verdicts v ON v.attempt_id = COALESCE(NULLIF(a.reused_from, ''), a.attempt_id)
CROSS JOIN LATERAL jsonb_array_elements(v.body->'checks') c WHERE a.run_id = $1
"""


class StoredOutput(Row):
    """An attempt of the other run with the try that left its output, of the attempt ``source``."""

    ordinal: int
    source: str
    duration_seconds: float


class _Source(Row):
    attempt_id: str
    source: str


class _Changed(Row):
    attempt_id: str
    task_id: str
    sample_id: str
    model: str
    repeat: int
    after: Verdict
    before: Verdict | None


class _Counts(Row):
    regrades: str
    total: int
    done: int
    ungraded: int
    changed: int


async def regrade_plan(connection: Connection, earlier: RunPlan, request: RegradeRun) -> RunPlan:
    """Of the other run, with the present tasks of the same names if the request brings some. Their samples stay those
    of the other run, so that the attempts keep their ordinals. Raises Refused."""
    if earlier.regrades:
        raise regraded_run(request.run_id, earlier.regrades)
    if earlier.imported:
        raise imported_run(request.run_id, earlier.imported)
    if request.checks:
        known = set(await connection.values(str, _CHECK_NAMES, request.run_id))
        if unknown := sorted(set(request.checks) - known):
            raise unknown_checks(", ".join(unknown), ", ".join(sorted(known)))
    present = {task.task_id: task for task in request.tasks}
    tasks = [_present_task(task, present[task.task_id]) if task.task_id in present else task for task in earlier.tasks]
    return structs.replace(
        earlier,
        tasks=tuple(tasks),
        name=f"regrade of {earlier.name or request.run_id}"[:200],
        reuse=False,
        reuse_run="",
        restarts="",
        regrades=request.run_id,
        regrade_checks=request.checks,
    )


def _present_task(earlier: TaskPin, present: TaskPin) -> TaskPin:
    """With the samples, the weight and the judges that the other run has."""
    judging = present.judging
    if judging and earlier.judging:
        judging = structs.replace(judging, models=earlier.judging.models)
    return structs.replace(present, sample_ids=earlier.sample_ids, weight=earlier.weight, judging=judging)


async def stored_outputs(connection: Connection, run_id: str) -> dict[int, StoredOutput]:
    """By ordinal. Raises Refused if there is none."""
    found = {row.ordinal: row for row in await connection.rows(StoredOutput, _OUTPUTS, run_id)}
    if not found:
        raise nothing_to_regrade(run_id)
    return found


async def regrades_of(connection: Connection, attempt_ids: Sequence[str], plan: RunPlan) -> dict[str, Regrade]:
    """What the judge must know of the earlier gradings, by the id of the attempt that grades again."""
    sources = {row.attempt_id: row.source for row in await connection.rows(_Source, _SOURCES, attempt_ids)}
    verdicts = await current_verdicts(connection, sorted(set(sources.values())))
    return {
        attempt_id: Regrade(checks=plan.regrade_checks, verdict=verdicts[source].body if source in verdicts else None)
        for attempt_id, source in sources.items()
    }


@dataclass(frozen=True, slots=True)
class _Decision:
    """The verdicts by the attempts that they revise."""

    reports: dict[str, AttemptJudged]
    runs: dict[str, str]

    def __call__(self, attempt: AttemptRow, verdict: Verdict | None) -> NewVerdict:
        report = self.reports[attempt.attempt_id]
        return NewVerdict(
            attempt_id=attempt.attempt_id,
            verdict=report.verdict,
            source=RevisionSource.REGRADE,
            author=report.worker_id,
            by_run=self.runs[attempt.attempt_id],
            artifacts=report.artifacts,
            evaluation=report.evaluation,
            flags=report.flags,
            predictions=report.predictions,
        )


async def revise_regraded(
    connection: Connection, plans: Plans, graded: Sequence[tuple[AttemptRow, AttemptJudged]]
) -> list[Revised]:
    """Revises the verdicts of the attempts that these ones graded again. A grading that failed changes nothing."""
    again = [
        (attempt, report)
        for attempt, report in graded
        if report.verdict.outcome is not Outcome.INFRA_ERROR and (await plans.get(connection, attempt.run_id)).regrades
    ]
    if not again:
        return []
    rows = await connection.rows(_Source, _SOURCES, [attempt.attempt_id for attempt, _ in again])
    sources = {row.attempt_id: row.source for row in rows}
    decision = _Decision(
        reports={sources[attempt.attempt_id]: report for attempt, report in again},
        runs={sources[attempt.attempt_id]: attempt.run_id for attempt, _ in again},
    )
    revised = await revise(connection, list(decision.reports), decision)
    await revise_results(connection, plans, revised)
    return revised


async def read_changes(connection: Connection, run_id: str, limit: int = MAX_CHANGED) -> Changes | None:
    """None if there is no such run. At most ``limit`` changes are listed."""
    counts = await connection.row(_Counts, _COUNTS, run_id)
    if counts is None:
        return None
    changed = await connection.rows(_Changed, _CHANGED, run_id, limit)
    return Changes(
        regrades=counts.regrades,
        changed=tuple(map(_change, changed)),
        more=counts.changed - len(changed),
        unchanged=counts.done - counts.ungraded - counts.changed,
        ungraded=counts.ungraded,
        waiting=counts.total - counts.done,
    )


def _change(row: _Changed) -> ChangedVerdict:
    return ChangedVerdict(
        attempt_id=row.attempt_id,
        task_id=row.task_id,
        sample_id=row.sample_id,
        model=row.model,
        repeat=row.repeat,
        outcome_before=row.before.outcome if row.before else Outcome.INFRA_ERROR,
        score_before=row.before.score if row.before else 0.0,
        outcome=row.after.outcome,
        score=row.after.score,
        reason=row.after.reason,
    )
