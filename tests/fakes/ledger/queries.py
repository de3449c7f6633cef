"""Queries about runs, attempts, facts and the leaderboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import State
from assay.contracts.causes import Causes
from assay.contracts.ids import run_of
from assay.contracts.leaderboard import Board, BoardRow
from assay.contracts.rpc import (
    AttemptPage,
    FactPage,
    GetAttempt,
    GetBoard,
    GetCauses,
    GetRun,
    ListAttempts,
    ListFacts,
    ListRuns,
    RunPage,
)
from assay.contracts.runs import RunView
from services.ledger.runs.causes import UNGRADED, Ungraded, group_causes
from tests.fakes.ledger.runs import FakeRuns, not_found


class FakeQueries:
    """``requests`` lists the queries in order; ``between_pages`` is awaited after each page of attempts was read."""

    def __init__(self, runs: FakeRuns) -> None:
        self._ledger = runs
        self.requests: list[str] = []
        self.between_pages: Callable[[], Any] | None = None

    def handlers(self) -> dict[Any, Any]:
        return {
            GetRun: self._get_run,
            GetCauses: self._causes,
            ListRuns: self._list_runs,
            ListAttempts: self._list_attempts,
            GetAttempt: self._get_attempt,
            GetBoard: self._board,
            ListFacts: self._list_facts,
        }

    async def _get_run(self, request: GetRun) -> RunView:
        self.requests.append(f"run {request.run_id}")
        return self._ledger.find(request.run_id).run

    async def _causes(self, request: GetCauses) -> Causes:
        fake = self._ledger.find(request.run_id)
        ungraded = [
            Ungraded(row.outcome, row.reason, row.model, row.task_id, 1, row.ordinal)
            for row in fake.rows
            if row.outcome is not None and row.outcome in UNGRADED
        ]
        return group_causes(ungraded, request.run_id, fake.run.sequence)

    async def _list_runs(self, request: ListRuns) -> RunPage:
        self.requests.append("runs")
        wanted = [
            fake.run
            for fake in reversed(self._ledger.runs.values())
            if request.status in (None, fake.run.status)
            and request.suite in ("", fake.run.suite)
            and (not request.model or request.model in fake.run.models)
            and request.search in fake.run.name
        ]
        start = int(request.cursor or 0)
        items = tuple(wanted[start : start + request.limit])
        more = start + len(items) < len(wanted)
        return RunPage(items=items, next_cursor=str(start + len(items)) if more else "", total=len(wanted))

    async def _list_attempts(self, request: ListAttempts) -> AttemptPage:
        fake = self._ledger.find(request.run_id)
        wanted = [
            row
            for row in fake.rows
            if request.state in (None, row.state)
            and request.outcome in (None, row.outcome)
            and request.model in ("", row.model)
            and request.task_id in ("", row.task_id)
            and row.flag_count >= request.flagged
        ]
        start = int(request.cursor or 0)
        items = tuple(wanted[start : start + request.limit])
        more = start + len(items) < len(wanted)
        page = AttemptPage(
            items=items,
            next_cursor=str(start + len(items)) if more else "",
            total=len(wanted),
            sequence=fake.run.sequence,
        )
        if self.between_pages is not None:
            await self.between_pages()
        return page

    async def _get_attempt(self, request: GetAttempt) -> AttemptDetail:
        fake = self._ledger.find(run_of(request.attempt_id))
        for row in fake.rows:
            if row.attempt_id == request.attempt_id:
                more: dict[str, Any] = {"sequence": fake.run.sequence, "expired_at": fake.run.expired_at}
                artifacts = fake.artifacts | fake.artifacts_of.get(row.attempt_id, {})
                return AttemptDetail(attempt=row, key="k", task_digest="d", artifacts=artifacts, **more)
        raise not_found("attempt", request.attempt_id)

    async def _board(self, request: GetBoard) -> Board:
        self.requests.append(f"board {request.suite}")
        runs = [fake for fake in self._ledger.runs.values() if request.suite in ("", fake.run.suite)]
        n = sum(row.state is State.DONE for fake in runs for row in fake.rows)
        row = BoardRow(
            model="nop",
            n=n,
            passed=n,
            score=1.0,
            pass_rate=1.0,
            cost_usd="0",
            cost_per_attempt_usd="0",
            duration_seconds=0.0,
        )
        return Board(suite=request.suite, category=request.category, rows=(row,) if n else ())

    async def _list_facts(self, request: ListFacts) -> FactPage:
        self.requests.append(f"facts {request.after}")
        events = self._ledger.runs[request.run_id].events if request.run_id in self._ledger.runs else []
        about = f'"type":"{request.entity}.'.encode() if request.entity else b""
        page = [event for event in events[request.after :] if about in event][: request.limit]
        return FactPage(events=tuple(event.decode() for event in page), last_sequence=len(events))
