"""What the ledger answers over rpc, and what it does with reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.bus.protocol import Answer
from assay.contracts.attempts import AttemptDetail, AttemptExecuted, AttemptJudged
from assay.contracts.rpc import (
    AttemptPage,
    CancelRun,
    ClaimAttempts,
    Claims,
    FactPage,
    GetAttempt,
    GetBoard,
    GetHealth,
    GetRun,
    Heartbeat,
    Leases,
    ListAttempts,
    ListFacts,
    ListRuns,
    Request,
    RunPage,
    ServiceHealth,
    SubmitRun,
)
from assay.contracts.runs import Board, RunView
from services.ledger.ports import Attempts, Reports, Results, Runs


@dataclass(frozen=True, kw_only=True)
class Ports:
    runs: Runs
    attempts: Attempts
    reports: Reports
    results: Results


async def on_runs_submit(request: SubmitRun, ports: Ports) -> RunView:
    return await ports.runs.submit(request)


async def on_runs_get(request: GetRun, ports: Ports) -> RunView:
    return await ports.runs.get(request.run_id)


async def on_runs_list(request: ListRuns, ports: Ports) -> RunPage:
    return await ports.runs.page(request)


async def on_runs_cancel(request: CancelRun, ports: Ports) -> RunView:
    return await ports.runs.cancel(request.run_id)


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


async def on_health(request: GetHealth, ports: Ports) -> ServiceHealth:
    return ServiceHealth(service="ledger", ready=True, workers=await ports.results.capacity())


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
    ClaimAttempts: on_attempts_claim,
    Heartbeat: on_workers_heartbeat,
    ListAttempts: on_attempts_list,
    GetAttempt: on_attempts_get,
    GetBoard: on_leaderboard,
    ListFacts: on_facts_list,
    GetHealth: on_health,
}


def answers(ports: Ports) -> dict[type[Request[Any]], Answer]:
    """The rpc handlers with their ports filled in."""

    def bound(handler: Any) -> Answer:
        async def answer(request: Any) -> Any:
            return await handler(request, ports)

        return answer

    return {request: bound(handler) for request, handler in _HANDLERS.items()}
