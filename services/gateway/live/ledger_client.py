"""What live updates read from the ledger: snapshots, and facts missed on the bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Rpc
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.leaderboard import Board
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
from assay.contracts.runs import RunView
from services.gateway.live.facts import FactEnvelope, parse_envelope

R = TypeVar("R")

PAGE_SIZE = 200
TOO_LARGE = "reply_too_large"
SERVICE_UNAVAILABLE = 503
MAX_CONCURRENT_READS = 6
"""Over all clients of this process."""


class LedgerClient:
    """Raises ProblemError if the run or attempt does not exist, and BusUnavailable if the ledger does not answer or has
    lost its database; BusUnavailable is worth a retry."""

    def __init__(self, rpc: Rpc, on_availability: Callable[[str], None]) -> None:
        """``on_availability`` gets the reason why the ledger is unavailable, or "" after an answer."""
        self._rpc = rpc
        self._on_availability = on_availability
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_READS)

    async def health_issue(self) -> str:
        """What delays work behind the ledger, as the ledger reports it; empty if nothing does."""
        return (await self._request(GetHealth())).trouble

    async def run(self, run_id: str) -> RunView:
        return await self._request(GetRun(run_id=run_id))

    async def attempt(self, attempt_id: str) -> AttemptDetail:
        return await self._request(GetAttempt(attempt_id=attempt_id))

    async def leaderboard(self, suite: str) -> Board:
        return await self._request(GetBoard(suite=suite))

    async def newest_runs(self, limit: int) -> tuple[tuple[RunView, ...], int]:
        """The newest runs, and the number of all runs."""
        page = await self._request(ListRuns(limit=limit))
        return page.items, page.total

    async def attempts(self, run_id: str) -> AsyncIterator[AttemptPage]:
        """The run's attempts, page by page; each page has its own sequence."""
        cursor = ""
        while True:
            page = await self._request_page(partial(_list_attempts, run_id, cursor))
            yield page
            cursor = page.next_cursor
            if not cursor:
                return

    async def facts(self, run_id: str, after: int) -> tuple[list[FactEnvelope], int]:
        """A page of facts above ``after``, in order, and the sequence of the run's last fact."""
        page: FactPage = await self._request_page(lambda limit: ListFacts(run_id=run_id, after=after, limit=limit))
        facts = [fact for event in page.events if (fact := parse_envelope(event.encode())) is not None]
        return facts, page.last_sequence

    async def _request_page(self, page_of: Callable[[int], Request[R]]) -> R:
        """With long rows a page can exceed the bus's message size; then a smaller one is requested."""
        limit = PAGE_SIZE
        while True:
            try:
                return await self._request(page_of(limit))
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
