"""What the hub reads from the truth: snapshots, and the facts a lossy line has lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Rpc
from assay.contracts.attempts import AttemptDetail
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    AttemptPage,
    FactPage,
    GetAttempt,
    GetBoard,
    GetHealth,
    GetRun,
    ListAttempts,
    ListFacts,
    ListRuns,
    Request,
)
from assay.contracts.runs import Board, RunView
from services.gateway.live.facts import FactEnvelope, parse_envelope

R = TypeVar("R")

PAGE_SIZE = 200
TOO_LARGE = "reply_too_large"
SERVICE_UNAVAILABLE = 503
MAX_CONCURRENT_READS = 6
"""So many questions to the ledger at once, whatever the number of clients."""


class LedgerClient:
    """Raises ProblemError for what does not exist, BusUnavailable while nobody answers, or only that the database is
    away: both pass."""

    def __init__(self, rpc: Rpc, on_availability: Callable[[str], None]) -> None:
        """``on_trouble`` is told why the ledger does not answer, and the empty text when it does."""
        self._rpc = rpc
        self._on_availability = on_availability
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_READS)

    async def health_issue(self) -> str:
        """What holds up work behind the ledger, as it says itself; empty: nothing."""
        return (await self._request(GetHealth())).trouble

    async def run(self, run_id: str) -> RunView:
        return await self._request(GetRun(run_id=run_id))

    async def attempt(self, attempt_id: str) -> AttemptDetail:
        return await self._request(GetAttempt(attempt_id=attempt_id))

    async def leaderboard(self, suite: str) -> Board:
        return await self._request(GetBoard(suite=suite))

    async def newest_runs(self, limit: int) -> tuple[tuple[RunView, ...], int]:
        """The newest runs, and how many there are in all."""
        page = await self._request(ListRuns(limit=limit))
        return page.items, page.total

    async def attempts(self, run_id: str) -> AsyncIterator[AttemptPage]:
        """The run's attempts, page by page; each page is read at a sequence of its own."""
        cursor = ""
        while True:
            page = await self._request_page(partial(_list_attempts, run_id, cursor))
            yield page
            cursor = page.next_cursor
            if not cursor:
                return

    async def facts(self, run_id: str, after: int) -> tuple[list[FactEnvelope], int]:
        """Some facts above ``after``, in order, and the sequence of the run's last."""
        page: FactPage = await self._request_page(lambda limit: ListFacts(run_id=run_id, after=after, limit=limit))
        heard = [fact for event in page.events if (fact := parse_envelope(event.encode())) is not None]
        return heard, page.last_sequence

    async def _request_page(self, ask: Callable[[int], Request[R]]) -> R:
        """Long rows make a page that the bus will not carry; then a smaller one is asked for."""
        limit = PAGE_SIZE
        while True:
            try:
                return await self._request(ask(limit))
            except ProblemError as error:
                if error.problem.code != TOO_LARGE or limit == 1:
                    raise
                limit = max(1, limit // 4)

    async def _request(self, request: Request[R]) -> R:
        async with self._slots:
            try:
                reply = await self._rpc.request(request)
            except BusUnavailable as error:
                self._on_availability(str(error))
                raise
            except ProblemError as error:
                if error.problem.status == SERVICE_UNAVAILABLE:
                    self._on_availability(str(error))
                    raise BusUnavailable(str(error)) from error
                self._on_availability("")
                raise
            self._on_availability("")
            return reply


def _list_attempts(run_id: str, cursor: str, limit: int) -> ListAttempts:
    return ListAttempts(run_id=run_id, cursor=cursor, limit=limit)
