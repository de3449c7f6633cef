"""What the ledger answers over rpc, and what it does with reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.bus.protocol import RpcHandler
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
    GetAttempt,
    GetBoard,
    GetCosts,
    GetHealth,
    GetMoney,
    GetRun,
    Grant,
    Heartbeat,
    Leases,
    ListAttempts,
    ListFacts,
    ListReferences,
    ListRuns,
    Money,
    PauseRun,
    Quote,
    QuoteRun,
    References,
    ReleaseGrant,
    Request,
    RestartRun,
    ResumeRun,
    RunPage,
    ServiceHealth,
    SetMoneyLimits,
    SubmitRun,
    TopUpGrant,
)
from assay.contracts.runs import Board, RunView
from assay.contracts.spending import Costs
from services.ledger.ports import Attempts, Bulletin, Control, Funds, Reports, Results, Retention, Runs, Standing


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Without a ``bulletin`` nothing is known to hold up work."""

    runs: Runs
    control: Control
    funds: Funds
    attempts: Attempts
    reports: Reports
    results: Results
    retention: Retention
    bulletin: Bulletin | None = None


async def on_runs_submit(request: SubmitRun, ports: Ports) -> RunView:
    return await ports.runs.submit(request)


async def on_runs_get(request: GetRun, ports: Ports) -> RunView:
    return await ports.runs.get(request.run_id)


async def on_runs_list(request: ListRuns, ports: Ports) -> RunPage:
    return await ports.runs.page(request)


async def on_runs_cancel(request: CancelRun, ports: Ports) -> RunView:
    return await ports.control.cancel(request)


async def on_runs_pause(request: PauseRun, ports: Ports) -> RunView:
    return await ports.control.pause(request.run_id)


async def on_runs_resume(request: ResumeRun, ports: Ports) -> RunView:
    return await ports.control.resume(request.run_id)


async def on_runs_change(request: ChangeRun, ports: Ports) -> RunView:
    return await ports.control.change(request)


async def on_runs_restart(request: RestartRun, ports: Ports) -> RunView:
    return await ports.runs.restart(request)


async def on_runs_quote(request: QuoteRun, ports: Ports) -> Quote:
    return await ports.runs.quote(request.plan)


async def on_grants_top_up(request: TopUpGrant, ports: Ports) -> Grant:
    return await ports.funds.top_up(request)


async def on_grants_release(request: ReleaseGrant, ports: Ports) -> Grant:
    return await ports.funds.release(request)


async def on_money_get(request: GetMoney, ports: Ports) -> Money:
    return await ports.funds.get(request)


async def on_money_limits(request: SetMoneyLimits, ports: Ports) -> Money:
    return await ports.funds.set_limits(request)


async def on_costs(request: GetCosts, ports: Ports) -> Costs:
    return await ports.funds.costs(request)


async def on_attempts_claim(request: ClaimAttempts, ports: Ports) -> Claims:
    return await ports.attempts.claim(request)


async def on_workers_heartbeat(request: Heartbeat, ports: Ports) -> Leases:
    return await ports.attempts.heartbeat(request)


async def on_attempts_list(request: ListAttempts, ports: Ports) -> AttemptPage:
    return await ports.attempts.page(request)


async def on_attempts_get(request: GetAttempt, ports: Ports) -> AttemptDetail:
    return await ports.attempts.get(request.attempt_id)


async def on_leaderboard(request: GetBoard, ports: Ports) -> Board:
    return await ports.results.board(request)


async def on_facts_list(request: ListFacts, ports: Ports) -> FactPage:
    return await ports.results.history(request)


async def on_artifacts_expire(request: ExpireRuns, ports: Ports) -> Expired:
    return await ports.retention.expire(request)


async def on_artifacts_references(request: ListReferences, ports: Ports) -> References:
    return await ports.retention.references(request)


async def on_health(request: GetHealth, ports: Ports) -> ServiceHealth:
    workers = await ports.results.capacity()
    standing = await ports.bulletin.standing() if ports.bulletin else Standing()
    return ServiceHealth(
        service="ledger", ready=True, detail=standing.detail, trouble=standing.trouble, workers=workers
    )


async def on_reports(reports: Sequence[AttemptExecuted | AttemptJudged], ports: Ports) -> None:
    """Reports come in batches (docs/decisions/0002): one transaction for many costs little more than for one."""
    executed = [report for report in reports if isinstance(report, AttemptExecuted)]
    judged = [report for report in reports if isinstance(report, AttemptJudged)]
    if executed:
        await ports.reports.executed(executed)
    if judged:
        await ports.reports.judged(judged)


_HANDLERS: dict[type[Request[Any]], Any] = {
    SubmitRun: on_runs_submit,
    GetRun: on_runs_get,
    ListRuns: on_runs_list,
    CancelRun: on_runs_cancel,
    PauseRun: on_runs_pause,
    ResumeRun: on_runs_resume,
    ChangeRun: on_runs_change,
    RestartRun: on_runs_restart,
    QuoteRun: on_runs_quote,
    TopUpGrant: on_grants_top_up,
    ReleaseGrant: on_grants_release,
    GetMoney: on_money_get,
    SetMoneyLimits: on_money_limits,
    GetCosts: on_costs,
    ClaimAttempts: on_attempts_claim,
    Heartbeat: on_workers_heartbeat,
    ListAttempts: on_attempts_list,
    GetAttempt: on_attempts_get,
    GetBoard: on_leaderboard,
    ListFacts: on_facts_list,
    ExpireRuns: on_artifacts_expire,
    ListReferences: on_artifacts_references,
    GetHealth: on_health,
}


def answers(ports: Ports) -> dict[type[Request[Any]], RpcHandler]:
    """The rpc handlers with their ports filled in."""

    def bound(handler: Any) -> RpcHandler:
        async def answer(request: Any) -> Any:
            return await handler(request, ports)

        return answer

    return {request: bound(handler) for request, handler in _HANDLERS.items()}
