"""What the ledger's handlers and loops need of a store; each port is one of its nouns. ``postgres/`` is the store,
``memory/`` another one for tests and simulations; what both decide is in ``rules/``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assay.bus.protocol import Envelope
from assay.contracts.attempts import AttemptDetail, AttemptExecuted, AttemptJudged
from assay.contracts.rpc import (
    AttemptPage,
    CancelRun,
    ChangeRun,
    ClaimAttempts,
    Claims,
    Expired,
    ExpireRuns,
    FactPage,
    GetBoard,
    GetCosts,
    GetMoney,
    Grant,
    Heartbeat,
    Leases,
    ListAttempts,
    ListFacts,
    ListReferences,
    ListRuns,
    Money,
    Quote,
    References,
    ReleaseGrant,
    RestartRun,
    RunPage,
    SetMoneyLimits,
    SubmitRun,
    TopUpGrant,
)
from assay.contracts.runs import Board, RunPlan, RunView
from assay.contracts.spending import Costs


class Runs(Protocol):
    async def submit(self, order: SubmitRun) -> RunView: ...
    async def restart(self, order: RestartRun) -> RunView: ...
    async def quote(self, plan: RunPlan) -> Quote: ...
    async def get(self, run_id: str) -> RunView: ...
    async def page(self, query: ListRuns) -> RunPage: ...


class Control(Protocol):
    async def pause(self, run_id: str) -> RunView: ...
    async def resume(self, run_id: str) -> RunView: ...
    async def cancel(self, order: CancelRun) -> RunView: ...
    async def change(self, order: ChangeRun) -> RunView: ...


class Funds(Protocol):
    async def top_up(self, request: TopUpGrant) -> Grant: ...
    async def release(self, request: ReleaseGrant) -> Grant: ...
    async def get(self, query: GetMoney) -> Money: ...
    async def set_limits(self, order: SetMoneyLimits) -> Money: ...
    async def costs(self, query: GetCosts) -> Costs: ...


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


class Retention(Protocol):
    async def expire(self, order: ExpireRuns) -> Expired: ...
    async def references(self, query: ListReferences) -> References: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """``trouble`` holds up work now; ``detail`` is that and what else should be known."""

    trouble: str = ""
    detail: str = ""


class Bulletin(Protocol):
    """What everyone who asks for health is told of the bus."""

    async def tell(self, trouble: str) -> None:
        """What holds up the work plane now; empty: nothing does."""
        ...

    async def standing(self) -> Standing: ...


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
    async def renew(self) -> int:
        """Begin every lease anew, as nobody's beats were heard for a while; returns how many."""
        ...

    async def sweep(self) -> int:
        """Take back what the dead held, settle what they spent, end what was cancelled or is out of time, and say of
        runs that stand still why they do; returns how many leases were taken back."""
        ...
