"""What the ledger's handlers need: one port for each noun. ``__main__.py`` brings the stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.causes import Causes
from assay.contracts.leaderboard import Board
from assay.contracts.providers import RegisteredProvider, StoredKey
from assay.contracts.rpc import (
    AttemptPage,
    CancelRun,
    ChangeRun,
    Changes,
    ClaimAttempts,
    Claims,
    Expired,
    ExpireRuns,
    FactPage,
    FindJudgeAnswers,
    GetBoard,
    GetCosts,
    GetModelUse,
    GetMoney,
    GetWantedSlots,
    Grant,
    Heartbeat,
    HoldForCalibration,
    ImportRun,
    JudgeAnswer,
    JudgeAnswers,
    Leases,
    ListAttempts,
    ListFacts,
    ListReferences,
    ListReviews,
    ListRuns,
    ModelUse,
    Money,
    OpenProviderKey,
    Providers,
    PutProvider,
    PutProviderKey,
    Quote,
    References,
    RegradeRun,
    RemoveProvider,
    RemoveProviderKey,
    RestartRun,
    ReviewAttempt,
    ReviewPage,
    RunPage,
    SealedKey,
    SetMoneyLimits,
    SettleCalibration,
    Settled,
    StoreJudgeAnswer,
    SubmitRun,
    TopUpGrant,
    WantedSlots,
)
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import RunPlan, RunView
from assay.contracts.spending import Costs
from services.ledger.health.health_store import HealthStatus


class Runs(Protocol):
    async def submit(self, request: SubmitRun) -> RunView: ...
    async def import_run(self, request: ImportRun) -> RunView: ...
    async def restart(self, request: RestartRun) -> RunView: ...
    async def quote(self, plan: RunPlan) -> Quote: ...
    async def get(self, run_id: str) -> RunView: ...
    async def regrade(self, request: RegradeRun) -> RunView: ...
    async def changes(self, run_id: str) -> Changes: ...
    async def causes(self, run_id: str) -> Causes: ...
    async def metrics(self, run_id: str) -> RunMetrics: ...
    async def page(self, query: ListRuns) -> RunPage: ...


class Control(Protocol):
    async def pause(self, run_id: str) -> RunView: ...
    async def resume(self, run_id: str) -> RunView: ...
    async def cancel(self, request: CancelRun) -> RunView: ...
    async def change(self, request: ChangeRun) -> RunView: ...


class Funds(Protocol):
    async def top_up(self, request: TopUpGrant) -> Grant: ...
    async def get(self, query: GetMoney) -> Money: ...
    async def set_limits(self, request: SetMoneyLimits) -> Money: ...
    async def costs(self, query: GetCosts) -> Costs: ...


class Attempts(Protocol):
    async def claim(self, request: ClaimAttempts) -> Claims: ...
    async def heartbeat(self, beat: Heartbeat) -> Leases: ...
    async def page(self, query: ListAttempts) -> AttemptPage: ...
    async def get(self, attempt_id: str) -> AttemptDetail: ...


class Reports(Protocol):
    """Each report takes effect once, however often it is delivered."""

    async def executed(self, reports: Sequence[AttemptExecuted]) -> None: ...
    async def judged(self, reports: Sequence[AttemptJudged]) -> None: ...


class Reviews(Protocol):
    async def page(self, query: ListReviews) -> ReviewPage: ...
    async def review(self, request: ReviewAttempt) -> None: ...


class Leaderboard(Protocol):
    async def read(self, query: GetBoard) -> Board: ...


class History(Protocol):
    async def page(self, query: ListFacts) -> FactPage: ...


class Retention(Protocol):
    async def expire(self, request: ExpireRuns) -> Expired: ...
    async def references(self, query: ListReferences) -> References: ...


class ProviderRegistry(Protocol):
    async def all(self) -> Providers: ...
    async def put(self, request: PutProvider) -> RegisteredProvider: ...
    async def remove(self, request: RemoveProvider) -> RegisteredProvider: ...


class ProviderKeys(Protocol):
    async def put(self, request: PutProviderKey) -> StoredKey: ...
    async def remove(self, request: RemoveProviderKey) -> StoredKey: ...
    async def open(self, request: OpenProviderKey) -> SealedKey: ...


class JudgeAnswerCache(Protocol):
    async def find(self, query: FindJudgeAnswers) -> JudgeAnswers: ...
    async def store(self, request: StoreJudgeAnswer) -> JudgeAnswer: ...


class Calibrations(Protocol):
    async def hold(self, request: HoldForCalibration) -> Grant: ...
    async def settle(self, request: SettleCalibration) -> Settled: ...


class Health(Protocol):
    async def status(self) -> HealthStatus:
        """Raises Unavailable when Postgres is away."""
        ...

    async def live_slots(self) -> dict[str, int]:
        """Slots of live workers by stage."""
        ...


class Scaling(Protocol):
    async def get(self, query: GetWantedSlots) -> WantedSlots: ...


class ModelUses(Protocol):
    async def get(self, query: GetModelUse) -> ModelUse: ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    runs: Runs
    control: Control
    funds: Funds
    attempts: Attempts
    reviews: Reviews
    leaderboard: Leaderboard
    history: History
    retention: Retention
    providers: ProviderRegistry
    provider_keys: ProviderKeys
    judge_answers: JudgeAnswerCache
    calibrations: Calibrations
    health: Health
    scaling: Scaling
    model_use: ModelUses
