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
from services.gateway.live.facts import Heard, peek

R = TypeVar("R")

PAGE = 200
TOO_LARGE = "reply_too_large"
AWAY = 503
READERS = 6
"""So many questions to the ledger at once, whatever the number of clients."""


class Ledger:
    """Raises ProblemError for what does not exist, BusUnavailable while nobody answers, or only that the database is
    away: both pass."""

    def __init__(self, rpc: Rpc, on_trouble: Callable[[str], None]) -> None:
        """``on_trouble`` is told why the ledger does not answer, and the empty text when it does."""
        self._rpc = rpc
        self._on_trouble = on_trouble
        self._places = asyncio.Semaphore(READERS)

    async def trouble(self) -> str:
        """What holds up work behind the ledger, as it says itself; empty: nothing."""
        return (await self._ask(GetHealth())).trouble

    async def run(self, run_id: str) -> RunView:
        return await self._ask(GetRun(run_id=run_id))

    async def attempt(self, attempt_id: str) -> AttemptDetail:
        return await self._ask(GetAttempt(attempt_id=attempt_id))

    async def board(self, suite: str) -> Board:
        return await self._ask(GetBoard(suite=suite))

    async def newest_runs(self, limit: int) -> tuple[tuple[RunView, ...], int]:
        """The newest runs, and how many there are in all."""
        page = await self._ask(ListRuns(limit=limit))
        return page.items, page.total

    async def attempts(self, run_id: str) -> AsyncIterator[AttemptPage]:
        """The run's attempts, page by page; each page is read at a sequence of its own."""
        cursor = ""
        while True:
            page = await self._ask_less(partial(_attempts_after, run_id, cursor))
            yield page
            cursor = page.next_cursor
            if not cursor:
                return

    async def facts(self, run_id: str, after: int) -> tuple[list[Heard], int]:
        """Some facts above ``after``, in order, and the sequence of the run's last."""
        page: FactPage = await self._ask_less(lambda limit: ListFacts(run_id=run_id, after=after, limit=limit))
        heard = [fact for event in page.events if (fact := peek(event.encode())) is not None]
        return heard, page.last_sequence

    async def _ask_less(self, ask: Callable[[int], Request[R]]) -> R:
        """Long rows make a page that the bus will not carry; then a smaller one is asked for."""
        limit = PAGE
        while True:
            try:
                return await self._ask(ask(limit))
            except ProblemError as error:
                if error.problem.code != TOO_LARGE or limit == 1:
                    raise
                limit = max(1, limit // 4)

    async def _ask(self, request: Request[R]) -> R:
        async with self._places:
            try:
                reply = await self._rpc.request(request)
            except BusUnavailable as error:
                self._on_trouble(str(error))
                raise
            except ProblemError as error:
                if error.problem.status == AWAY:
                    self._on_trouble(str(error))
                    raise BusUnavailable(str(error)) from error
                self._on_trouble("")
                raise
            self._on_trouble("")
            return reply


def _attempts_after(run_id: str, cursor: str, limit: int) -> ListAttempts:
    return ListAttempts(run_id=run_id, cursor=cursor, limit=limit)
