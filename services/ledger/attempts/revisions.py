"""Revising verdicts: a review or a later grading replaces the one that counts; earlier ones are kept.

A revision changes the outcome of an attempt that is done, and with it its run's counters and the leaderboard, in one
transaction. Attempts that reuse the result change with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import State
from assay.contracts.audit import AuditFlag
from assay.contracts.evaluation import Evaluation, with_score
from assay.contracts.facts import AttemptRevised
from assay.contracts.run_metrics import Prediction
from assay.contracts.runs import Progress
from assay.contracts.verdicts import Outcome, RevisionSource, Verdict, VerdictRevision
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection, as_columns
from services.ledger.database.rows import Row, columns, to_json

_LOCK = f"""
SELECT {columns(AttemptRow)} FROM attempts
WHERE attempt_id = ANY($1::text[]) OR reused_from = ANY($1::text[]) ORDER BY attempt_id FOR UPDATE
"""
_VERDICTS = """
SELECT DISTINCT ON (attempt_id) attempt_id, revision, body, evaluation, flags, predictions FROM verdicts
WHERE attempt_id = ANY($1::text[])
ORDER BY attempt_id, revision DESC
"""
_ADD = """
INSERT INTO verdicts
  (attempt_id, token, judge_id, body, artifacts, revision, source, author, comment, by_run, evaluation, flags,
   predictions)
SELECT attempt_id, token, '', body::jsonb, artifacts::jsonb, revision, source, author, comment, by_run,
  evaluation::jsonb, flags::jsonb, predictions::jsonb
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::text[], $12::text[])
  AS v(attempt_id, token, body, artifacts, revision, source, author, comment, by_run, evaluation, flags, predictions)
"""
_CHANGE = f"""
UPDATE attempts a SET outcome = u.outcome, score = u.score, reason = u.reason, changed_at = now(),
  flag_count = a.flag_count + u.more_flags
FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::int[])
  AS u(attempt_id, outcome, score, reason, more_flags)
WHERE a.attempt_id = u.attempt_id RETURNING {columns(AttemptRow, "new")}
"""
_ALL = (
    "SELECT revision, source, author, judge_id, comment, by_run, judged_at, body FROM verdicts WHERE attempt_id = $1 "
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewVerdict:
    """A verdict to give to an attempt that is done. ``artifacts`` replace those of the same name.
    ``evaluation`` is stored if the attempt has none yet; ``flags`` None keeps those of the earlier verdict, and
    ``predictions`` replace its predictions of the same checks."""

    attempt_id: str
    verdict: Verdict
    source: RevisionSource
    author: str
    comment: str = ""
    by_run: str = ""
    evaluation: Evaluation | None = None
    flags: tuple[AuditFlag, ...] | None = None
    predictions: Mapping[str, Prediction] = field(default_factory=dict[str, Prediction])
    artifacts: Mapping[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])


@dataclass(frozen=True, kw_only=True, slots=True)
class Revised:
    """An attempt before and after its verdict was revised."""

    before: AttemptRow
    after: AttemptRow
    verdict_before: Verdict | None
    revision: int
    new: NewVerdict

    def fact(self, progress: Progress) -> AttemptRevised:
        return AttemptRevised(
            attempt=self.after.view(),
            progress=progress,
            verdict=self.new.verdict,
            revision=self.revision,
            source=self.new.source,
            author=self.new.author,
            by_run=self.new.by_run,
        )


class CurrentVerdict(Row):
    attempt_id: str
    revision: int
    body: Verdict
    evaluation: Evaluation | None
    flags: tuple[AuditFlag, ...]
    predictions: dict[str, Prediction] | None


class RevisionRow(Row):
    revision: int
    source: RevisionSource
    author: str
    judge_id: str
    comment: str
    by_run: str
    judged_at: datetime
    body: Verdict

    def view(self) -> VerdictRevision:
        return VerdictRevision(
            revision=self.revision,
            source=self.source,
            author=self.author or self.judge_id,
            comment=self.comment,
            by_run=self.by_run,
            at=self.judged_at,
            verdict=self.body,
        )


async def current_verdicts(connection: Connection, attempt_ids: Sequence[str]) -> dict[str, CurrentVerdict]:
    return {row.attempt_id: row for row in await connection.rows(CurrentVerdict, _VERDICTS, attempt_ids)}


async def revisions_of(connection: Connection, attempt_id: str) -> tuple[VerdictRevision, ...]:
    rows = await connection.rows(RevisionRow, _ALL, attempt_id)
    return tuple(row.view() for row in rows)


async def revise(
    connection: Connection,
    attempt_ids: Sequence[str],
    decide: Callable[[AttemptRow, Verdict | None], NewVerdict | None],
) -> list[Revised]:
    """Asks ``decide`` for the new verdict of each of these attempts that is done, given the present one, and stores
    those that differ. Returns every attempt that they change, for its run's counters, the leaderboard and the facts."""
    attempts = await connection.rows(AttemptRow, _LOCK, sorted(set(attempt_ids)))
    present = await current_verdicts(connection, sorted(set(attempt_ids)))
    new: dict[str, NewVerdict] = {}
    for attempt in attempts:
        earlier = present.get(attempt.attempt_id)
        if attempt.attempt_id not in attempt_ids or attempt.state is not State.DONE:
            continue
        decided = decide(attempt, earlier.body if earlier else None)
        if decided and (earlier is None or earlier.body != decided.verdict):
            new[attempt.attempt_id] = decided
    if not new:
        return []
    revisions = {each: present[each].revision + 1 if each in present else 1 for each in new}
    tokens = {attempt.attempt_id: attempt.token for attempt in attempts}
    rows = [_row(new[each], tokens[each], revisions[each], present.get(each)) for each in new]
    await connection.execute_columns(_ADD, rows)
    affected = {each.attempt_id: each for each in attempts if (each.reused_from or each.attempt_id) in new}
    sources = {attempt_id: row.reused_from or attempt_id for attempt_id, row in affected.items()}
    values = [_values(each, new[source], present.get(source)) for each, source in sources.items()]
    changed = await connection.rows(AttemptRow, _CHANGE, *as_columns(values))
    after = {row.attempt_id: row for row in changed}
    return [_revised(affected[each], after[each], new, present, revisions) for each in sorted(affected)]


def _row(new: NewVerdict, token: int, revision: int, earlier: CurrentVerdict | None) -> tuple[object, ...]:
    stored = to_json(new.verdict), to_json(new.artifacts) if new.artifacts else None
    evaluation = revised_evaluation(new, earlier.evaluation if earlier else None)
    texts = (new.source, new.author, new.comment, new.by_run)
    flags = new.flags if new.flags is not None else earlier.flags if earlier else ()
    predictions = {**((earlier.predictions if earlier else None) or {}), **new.predictions}
    beside = to_json(evaluation) if evaluation else None, to_json(flags), to_json(predictions) if predictions else None
    return (new.attempt_id, token, *stored, revision, *texts, *beside)


def revised_evaluation(new: NewVerdict, earlier: Evaluation | None) -> Evaluation | None:
    """What was measured stays; the quality is the new verdict's score."""
    evaluation, verdict = earlier or new.evaluation, new.verdict
    if evaluation is None or verdict.outcome is Outcome.INFRA_ERROR:
        return None
    return with_score(evaluation, verdict.score, decided=verdict.outcome is not Outcome.NEEDS_REVIEW)


def _values(
    attempt_id: str, new: NewVerdict, earlier: CurrentVerdict | None
) -> tuple[str, str, float | None, str, int]:
    verdict = new.verdict
    scored = verdict.outcome is not Outcome.NEEDS_REVIEW
    more_flags = 0 if new.flags is None else len(new.flags) - (len(earlier.flags) if earlier else 0)
    return (attempt_id, verdict.outcome, verdict.score if scored else None, verdict.reason, more_flags)


def _revised(
    before: AttemptRow,
    after: AttemptRow,
    changed: Mapping[str, NewVerdict],
    present: Mapping[str, CurrentVerdict],
    revisions: Mapping[str, int],
) -> Revised:
    source = before.reused_from or before.attempt_id
    earlier = present.get(source)
    return Revised(
        before=before,
        after=after,
        verdict_before=earlier.body if earlier else None,
        revision=revisions[source],
        new=changed[source],
    )
