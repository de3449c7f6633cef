"""What the ledger's handlers and loops need of a store. ``postgres/`` is the store; each port is one of its nouns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assay.bus.protocol import Envelope
from assay.contracts.attempts import AttemptDetail, AttemptExecuted, AttemptJudged
from assay.contracts.rpc import (
    AttemptPage,
    ClaimAttempts,
    Claims,
    FactPage,
    GetBoard,
    Heartbeat,
    Leases,
    ListAttempts,
    ListFacts,
    ListRuns,
    RunPage,
    SubmitRun,
)
from assay.contracts.runs import Board, RunView


class Runs(Protocol):
    async def submit(self, order: SubmitRun) -> RunView: ...
    async def get(self, run_id: str) -> RunView: ...
    async def page(self, query: ListRuns) -> RunPage: ...
    async def cancel(self, run_id: str) -> RunView: ...


class Attempts(Protocol):
    async def claim(self, request: ClaimAttempts) -> Claims: ...
    async def heartbeat(self, beat: Heartbeat) -> Leases: ...
    async def page(self, query: ListAttempts) -> AttemptPage: ...
    async def get(self, attempt_id: str) -> AttemptDetail: ...


class Reports(Protocol):
    """Each report takes effect once, however often it comes."""

    async def executed(self, reports: Sequence[AttemptExecuted]) -> None: ...
    async def judged(self, reports: Sequence[AttemptJudged]) -> None: ...


class Results(Protocol):
    async def board(self, query: GetBoard) -> Board: ...
    async def history(self, query: ListFacts) -> FactPage: ...
    async def capacity(self) -> dict[str, int]:
        """Slots of live workers by stage; raises Unavailable when the store is away."""
        ...


@dataclass(frozen=True, slots=True)
class Pending:
    """Something to publish. ``key`` is what marks it as published: a position, or an attempt's id and token."""

    envelope: Envelope
    key: tuple[str, int]


class Outbox(Protocol):
    async def facts(self) -> Sequence[Pending]: ...
    async def orders(self) -> Sequence[Pending]: ...
    async def facts_published(self, published: Sequence[Pending]) -> None: ...
    async def orders_published(self, published: Sequence[Pending]) -> None: ...


class Feeder(Protocol):
    async def feed(self) -> int:
        """Release waiting attempts for which there is room; returns how many."""
        ...


class Sweeper(Protocol):
    async def sweep(self) -> int:
        """Take back what the dead held; returns how many leases."""
        ...
