"""The requests that the ledger answers over rpc."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from assay.bus.protocol import RpcHandler
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.rpc import (
    CancelRun,
    ChangeRun,
    ClaimAttempts,
    ExpireRuns,
    FindJudgeAnswers,
    GetAttempt,
    GetBoard,
    GetCauses,
    GetChanges,
    GetCosts,
    GetHealth,
    GetModelUse,
    GetMoney,
    GetRun,
    GetRunMetrics,
    GetWantedSlots,
    Heartbeat,
    HoldForCalibration,
    ImportRun,
    ListAttempts,
    ListFacts,
    ListProviders,
    ListReferences,
    ListReviews,
    ListRuns,
    OpenProviderKey,
    PauseRun,
    PutProvider,
    PutProviderKey,
    QuoteRun,
    RegradeRun,
    RemoveProvider,
    RemoveProviderKey,
    Request,
    RestartRun,
    ResumeRun,
    ReviewAttempt,
    ServiceHealth,
    SetMoneyLimits,
    SettleCalibration,
    StoreJudgeAnswer,
    SubmitRun,
    TopUpGrant,
)
from services.ledger.ports import Health, Ports

Q = TypeVar("Q", bound=Request[Any])


class Answers(dict[type[Request[Any]], RpcHandler]):
    """What answers each type of request."""

    def on(self, request: type[Q], answer: Callable[[Q], Awaitable[object]]) -> None:
        self[request] = answer


def answers(ports: Ports) -> Answers:
    answers = Answers()
    answers.on(SubmitRun, ports.runs.submit)
    answers.on(ImportRun, ports.runs.import_run)
    answers.on(GetRun, lambda request: ports.runs.get(request.run_id))
    answers.on(GetCauses, lambda request: ports.runs.causes(request.run_id))
    answers.on(GetRunMetrics, lambda request: ports.runs.metrics(request.run_id))
    answers.on(ListRuns, ports.runs.page)
    answers.on(QuoteRun, lambda request: ports.runs.quote(request.plan))
    answers.on(RestartRun, ports.runs.restart)
    answers.on(CancelRun, ports.control.cancel)
    answers.on(PauseRun, lambda request: ports.control.pause(request.run_id))
    answers.on(ResumeRun, lambda request: ports.control.resume(request.run_id))
    answers.on(ChangeRun, ports.control.change)
    answers.on(TopUpGrant, ports.funds.top_up)
    answers.on(GetMoney, ports.funds.get)
    answers.on(SetMoneyLimits, ports.funds.set_limits)
    answers.on(GetCosts, ports.funds.costs)
    answers.on(ClaimAttempts, ports.attempts.claim)
    answers.on(Heartbeat, ports.attempts.heartbeat)
    answers.on(ListAttempts, ports.attempts.page)
    answers.on(GetAttempt, lambda request: ports.attempts.get(request.attempt_id))
    answers.on(RegradeRun, ports.runs.regrade)
    answers.on(GetChanges, lambda request: ports.runs.changes(request.run_id))
    answers.on(ListReviews, ports.reviews.page)
    answers.on(ReviewAttempt, lambda request: review_attempt(request, ports))
    answers.on(GetBoard, ports.leaderboard.read)
    answers.on(ListFacts, ports.history.page)
    answers.on(ExpireRuns, ports.retention.expire)
    answers.on(ListReferences, ports.retention.references)
    answers.on(ListProviders, lambda _: ports.providers.all())
    answers.on(PutProvider, ports.providers.put)
    answers.on(RemoveProvider, ports.providers.remove)
    answers.on(PutProviderKey, ports.provider_keys.put)
    answers.on(RemoveProviderKey, ports.provider_keys.remove)
    answers.on(OpenProviderKey, ports.provider_keys.open)
    answers.on(FindJudgeAnswers, ports.judge_answers.find)
    answers.on(StoreJudgeAnswer, ports.judge_answers.store)
    answers.on(HoldForCalibration, ports.calibrations.hold)
    answers.on(SettleCalibration, ports.calibrations.settle)
    answers.on(GetWantedSlots, ports.scaling.get)
    answers.on(GetModelUse, ports.model_use.get)
    answers.on(GetHealth, lambda _: service_health(ports.health))
    return answers


async def review_attempt(request: ReviewAttempt, ports: Ports) -> AttemptDetail:
    await ports.reviews.review(request)
    return await ports.attempts.get(request.attempt_id)


async def service_health(health: Health) -> ServiceHealth:
    workers, status = await health.live_slots(), await health.status()
    return ServiceHealth(service="ledger", ready=True, detail=status.detail, trouble=status.trouble, workers=workers)
