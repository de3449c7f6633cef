"""The attempts that wait for a reviewer, and the reviews themselves."""

from __future__ import annotations

from functools import partial

from assay.contracts.attempts import State
from assay.contracts.rpc import ListReviews, ReviewAttempt, ReviewItem, ReviewPage
from assay.contracts.verdicts import RevisionSource, Verdict
from services.ledger.attempts.revisions import NewVerdict, current_verdicts, revise
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.filters import Filters
from services.ledger.database.rows import columns
from services.ledger.errors import not_reviewable, unknown_attempt
from services.ledger.leaderboard.leaderboard_write import revise_results
from services.ledger.reviews.decision import reviewed_verdict
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans

_ATTEMPT = f"SELECT {columns(AttemptRow)} FROM attempts WHERE attempt_id = $1"


class ReviewStore:
    def __init__(self, database: Database, plans: Plans) -> None:
        self._database, self._plans = database, plans

    async def page(self, query: ListReviews) -> ReviewPage:
        """A reused result is reviewed where it was made."""
        filters = Filters()
        filters.add("outcome = {} AND reused_from = ''", "needs_review")
        filters.add("run_id = {}", query.run_id)
        async with self._database.snapshot() as connection:
            total = await connection.value(int, f"SELECT count(*) FROM attempts WHERE {filters}", *filters.values)
            filters.add("attempt_id > {}", query.cursor)
            select = f"SELECT {columns(AttemptRow)} FROM attempts WHERE {filters} ORDER BY attempt_id"
            rows = await connection.rows(AttemptRow, f"{select} LIMIT {query.limit + 1}", *filters.values)
            verdicts = await current_verdicts(connection, [row.attempt_id for row in rows])
        shown = rows[: query.limit]
        items = tuple(_item(row, verdicts[row.attempt_id].body) for row in shown if row.attempt_id in verdicts)
        more = shown[-1].attempt_id if len(rows) > query.limit else ""
        return ReviewPage(items=items, next_cursor=more, total=total or 0)

    async def review(self, request: ReviewAttempt) -> None:
        async def work(connection: Connection) -> None:
            attempt = await connection.row(AttemptRow, _ATTEMPT, request.attempt_id)
            if attempt is None:
                raise unknown_attempt(request.attempt_id)
            source = attempt.reused_from or attempt.attempt_id
            revised = await revise(connection, [source], partial(_decide, request))
            if not revised and attempt.state is not State.DONE:
                raise not_reviewable(attempt.attempt_id, f"is {attempt.state}")
            await revise_results(connection, self._plans, revised)
            await record(connection, [], revised=revised)

        await self._database.transact(work)


def _decide(request: ReviewAttempt, attempt: AttemptRow, verdict: Verdict | None) -> NewVerdict:
    if verdict is None:
        raise not_reviewable(attempt.attempt_id, f"ended as {attempt.outcome} without being graded")
    return NewVerdict(
        attempt_id=attempt.attempt_id,
        verdict=reviewed_verdict(verdict, request.reviews, request.reviewer),
        source=RevisionSource.REVIEW,
        author=request.reviewer,
        comment="; ".join(review.comment for review in request.reviews if review.comment),
    )


def _item(attempt: AttemptRow, verdict: Verdict) -> ReviewItem:
    return ReviewItem(attempt=attempt.view(), checks=tuple(each for each in verdict.checks if each.needs_review))
