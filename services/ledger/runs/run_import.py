"""Imported runs: the results of another framework, stored as a finished run.

Nothing of them is executed, graded or booked here. They are on the leaderboard of their own suite only.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.contracts.attempts import State, TryEnd
from assay.contracts.codec import digest
from assay.contracts.ids import new_id
from assay.contracts.rpc import ImportedAttempt, ImportRun
from assay.contracts.runs import RunView
from assay.contracts.verdicts import RevisionSource
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection
from services.ledger.database.rows import columns, to_json
from services.ledger.errors import unplanned_results
from services.ledger.leaderboard.leaderboard_write import add_results
from services.ledger.runs.new_run import NewAttempt, attempts_of, earlier_run, insert_run
from services.ledger.runs.plans import Plans

_ADD_TRIES = """
INSERT INTO tries (attempt_id, token, worker_id, ended_at, ended, cause, duration_seconds, output, artifacts)
SELECT attempt_id, 0, '', now(), ended, $6, seconds, output::jsonb, artifacts::jsonb
FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::text[])
  AS t(attempt_id, ended, seconds, output, artifacts)
"""
_ADD_VERDICTS = """
INSERT INTO verdicts (attempt_id, token, judge_id, source, author, body, artifacts)
SELECT attempt_id, 0, '', $4, $5, body::jsonb, artifacts::jsonb
FROM unnest($1::text[], $2::text[], $3::text[]) AS v(attempt_id, body, artifacts)
"""
_ATTEMPTS = f"SELECT {columns(AttemptRow)} FROM attempts WHERE run_id = $1 ORDER BY ordinal"


class _NewImport(NewAttempt):
    """A new attempt that is done, with what it used."""

    tries: int = 1
    cost_nanousd: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


class RunImport:
    """One request to import, prepared outside of its transaction. Raises Refused if a result is not in the plan."""

    def __init__(self, request: ImportRun) -> None:
        self._plan, self._key = request.plan, request.idempotency_key
        self._run_id = new_id()
        self._digest = digest([request.plan, request.attempts])
        self._attempts = list(_attempts(self._run_id, request))
        if len(self._attempts) != len(request.attempts):
            raise unplanned_results(len(request.attempts) - len(self._attempts))

    async def store(self, connection: Connection, plans: Plans) -> RunView:
        """The new run, or the one stored before under the same key."""
        if earlier := await earlier_run(connection, self._key, self._digest):
            return earlier
        rows = [new for new, _ in self._attempts]
        run = await insert_run(connection, self._plan, rows, self._run_id, self._key, self._digest)
        tries, verdicts = self._try_rows(), self._verdict_rows()
        await connection.execute_columns(_ADD_TRIES, tries, f"imported from {self._plan.imported}")
        await connection.execute_columns(_ADD_VERDICTS, verdicts, RevisionSource.IMPORT.value, self._plan.imported)
        await self._add_to_leaderboard(connection, plans)
        return run

    def _try_rows(self) -> list[tuple[object, ...]]:
        return [
            (
                new.attempt_id,
                (TryEnd.FAILED if imported.score is None else TryEnd.EXECUTED).value,
                imported.duration_seconds,
                to_json(imported.output) if imported.output else None,
                to_json(imported.artifacts),
            )
            for new, imported in self._attempts
        ]

    def _verdict_rows(self) -> list[tuple[object, ...]]:
        return [
            (new.attempt_id, to_json(verdict), to_json(imported.check_artifacts))
            for new, imported in self._attempts
            if (verdict := imported.verdict)
        ]

    async def _add_to_leaderboard(self, connection: Connection, plans: Plans) -> None:
        rows = await connection.rows(AttemptRow, _ATTEMPTS, self._run_id)
        metrics = [each.verdict.metrics if each.verdict else {} for _, each in self._attempts]
        await add_results(connection, plans, list(zip(rows, metrics, strict=True)))


def _attempts(run_id: str, request: ImportRun) -> Iterator[tuple[NewAttempt, ImportedAttempt]]:
    """The plan's attempts that have a result, in the plan's order."""
    found = {(each.task_index, each.model_index, each.sample_id, each.repeat): each for each in request.attempts}
    for new in attempts_of(run_id, request.plan, _NewImport):
        imported = found.get((new.task_index, new.model_index, new.sample_id, new.repeat))
        if imported is None:
            continue
        new.state, new.outcome, new.score = State.DONE.value, imported.outcome.value, imported.score
        new.reason, new.duration_seconds = imported.reason, imported.duration_seconds
        new.cost_nanousd = imported.cost_nanousd
        for name in imported.usage.__struct_fields__:
            setattr(new, name, getattr(imported.usage, name))
        yield new, imported
