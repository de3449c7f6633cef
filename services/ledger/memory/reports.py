"""Workers' reports: each takes effect once, and only with the token it was leased under."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.attempts import AttemptExecuted, AttemptJudged, State
from services.ledger.memory.board import count_in
from services.ledger.memory.changes import change_attempt, record
from services.ledger.memory.inbox import R, take_in
from services.ledger.memory.orders import add_orders
from services.ledger.memory.rows import new_try
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import fact_of_execution, fact_of_judgement
from services.ledger.memory.rules.reports import execution_of, is_broke, judgement_of, try_end
from services.ledger.memory.spending import book_calls, book_judging
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.settings import LedgerSettings


class MemoryReports:
    def __init__(self, store: MemoryStore, settings: LedgerSettings) -> None:
        self._store = store
        self._max_tries = settings.max_tries

    async def executed(self, reports: Sequence[AttemptExecuted]) -> None:
        self._store.transact(lambda: self._all_executed(self._fresh(reports)))

    async def judged(self, reports: Sequence[AttemptJudged]) -> None:
        self._store.transact(lambda: self._all_judged(self._fresh(reports)))

    def _fresh(self, reports: Sequence[R]) -> list[R]:
        """Those not taken in before."""
        return take_in(self._store, reports)

    def _all_executed(self, reports: list[AttemptExecuted]) -> None:
        store = self._store
        booked = book_calls(store, reports)
        rows: list[Row] = []
        for report in reports:
            row = self._executed(report)
            self._end_try(report, row)
            if row is not None:
                rows.append(row)
        add_orders(store, "judge", [row for row in rows if row["state"] == State.EXECUTED])
        add_orders(store, "run", [row for row in rows if row["state"] == State.QUEUED])
        broke = {report.attempt_id for report in reports if is_broke(report)}
        done = [row for row in rows if row["state"] == State.DONE and row["attempt_id"] not in broke]
        count_in(store, [(row, {}) for row in done])
        record(store, [Change(row, fact_of_execution) for row in rows], booked.spends, booked.notes)

    def _executed(self, report: AttemptExecuted) -> Row | None:
        attempt = self._store.attempts[report.attempt_id]
        if attempt["token"] != report.token or attempt["state"] != State.RUNNING:
            return None
        said = execution_of(report)
        again = said.again and attempt["tries"] < self._max_tries
        state = State.QUEUED if again else State.DONE if said.outcome else State.EXECUTED
        return change_attempt(
            self._store,
            attempt,
            state=state.value,
            token=said.token + again,
            outcome=None if again or not said.outcome else str(said.outcome),
            score=None if said.outcome in ("", "infra_error", "cancelled") else 0.0,
            reason=said.reason,
            duration_seconds=said.duration_seconds,
            lease_until=None,
            worker_id="",
        )

    def _end_try(self, report: AttemptExecuted, row: Row | None) -> None:
        end = try_end(report, superseded=row is None)
        ended = {
            "ended_at": self._store.at,
            "ended": end.ended,
            "cause": end.cause,
            "duration_seconds": report.duration_seconds,
            "output": report.output,
            "artifacts": report.artifacts,
        }
        key = report.attempt_id, report.token
        if key in self._store.tries:
            self._store.tries.change(key, **ended)
        else:
            identity = {"attempt_id": key[0], "token": key[1], "worker_id": report.worker_id}
            self._store.tries.insert(key, new_try(self._store.at, **identity, **ended))

    def _all_judged(self, reports: list[AttemptJudged]) -> None:
        store = self._store
        book_judging(store, reports)
        judged = [(report, row) for report in reports if (row := self._judged(report)) is not None]
        done = [(report, row) for report, row in judged if row["state"] == State.DONE]
        for report, row in done:
            verdict = {"token": report.token, "judge_id": report.worker_id, "body": report.verdict}
            identity = {"attempt_id": row["attempt_id"], "artifacts": report.artifacts, "judged_at": store.at}
            store.verdicts.insert(row["attempt_id"], identity | verdict)
        add_orders(store, "judge", [row for _, row in judged if row["state"] == State.GRADING])
        count_in(store, [(row, report.verdict.metrics) for report, row in done])
        record(store, [Change(row, fact_of_judgement(report.verdict)) for report, row in judged])

    def _judged(self, report: AttemptJudged) -> Row | None:
        attempt = self._store.attempts[report.attempt_id]
        if attempt["token"] != report.token or attempt["state"] != State.GRADING:
            return None
        said = judgement_of(report)
        again = said.again and attempt["gradings"] < self._max_tries
        return change_attempt(
            self._store,
            attempt,
            state="grading" if again else "done",
            token=said.token + again,
            outcome=None if again else str(said.outcome),
            score=None if said.outcome in ("infra_error", "needs_review") else said.score,
            reason=said.reason,
            lease_until=None,
            worker_id="",
        )
