"""Requests and replies, in memory and on NATS."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from structlog.contextvars import get_contextvars

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Bus, RpcHandler
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.contracts.rpc import FactPage, GetHealth, ListFacts, ReadTail, ServiceHealth, TailBacklog
from assay.contracts.tail import TailKind, TailLine
from tests.bus.conftest import Join

HEALTH = GetHealth()


def healthy(service: str) -> RpcHandler:
    async def on_health(_: GetHealth) -> ServiceHealth:
        return ServiceHealth(service=service, ready=True)

    return on_health


async def test_a_request_gets_its_typed_reply(bus: Bus, join: Join) -> None:
    async def on_facts_list(request: ListFacts) -> FactPage:
        return FactPage(events=(request.run_id,), last_sequence=request.after)

    await (await join()).rpc.serve("ledger", {ListFacts: on_facts_list, GetHealth: healthy("ledger")})
    assert await bus.rpc.request(ListFacts(run_id="r1", after=7)) == FactPage(events=("r1",), last_sequence=7)
    assert (await bus.rpc.request(HEALTH)).service == "ledger"


async def test_a_problem_keeps_all_its_fields(bus: Bus, join: Join) -> None:
    problem = Problem(
        code="unknown_run",
        title="no such run",
        status=404,
        detail="r9 is not known; did you mean r8?",
        errors=(FieldError(where="run_id", message="unknown", near="r8"),),
        retry_after_seconds=1.5,
    )

    async def fail_with_problem(_: GetHealth) -> ServiceHealth:
        raise ProblemError(problem)

    await (await join()).rpc.serve("ledger", {GetHealth: fail_with_problem})
    with pytest.raises(ProblemError) as caught:
        await bus.rpc.request(HEALTH)
    assert caught.value.problem == problem


async def test_the_run_that_a_request_is_about_is_in_the_context_of_log_lines(bus: Bus, join: Join) -> None:
    contexts: list[dict[str, object]] = []

    async def on_facts_list(_: ListFacts) -> FactPage:
        contexts.append(get_contextvars())
        return FactPage(events=(), last_sequence=0)

    async def on_health(_: GetHealth) -> ServiceHealth:
        contexts.append(get_contextvars())
        return ServiceHealth(service="ledger", ready=True)

    await (await join()).rpc.serve("ledger", {ListFacts: on_facts_list, GetHealth: on_health})
    await bus.rpc.request(ListFacts(run_id="r1"))
    await bus.rpc.request(HEALTH)
    assert contexts == [{"run_id": "r1"}, {}]


async def test_an_error_in_a_handler_becomes_an_internal_problem_without_its_text(bus: Bus) -> None:
    async def fail(_: GetHealth) -> ServiceHealth:
        raise RuntimeError("password=hunter2")

    await bus.rpc.serve("ledger", {GetHealth: fail})
    with pytest.raises(ProblemError) as caught:
        await bus.rpc.request(HEALTH)
    assert (caught.value.problem.code, caught.value.problem.status) == ("internal", 500)
    assert "hunter2" not in str(caught.value)


async def test_a_reply_that_is_too_large_is_a_problem(bus: Bus) -> None:
    async def reply_too_much(_: GetHealth) -> ServiceHealth:
        return ServiceHealth(service="ledger", ready=True, detail="x" * 1_100_000)

    await bus.rpc.serve("ledger", {GetHealth: reply_too_much})
    with pytest.raises(ProblemError) as caught:
        await bus.rpc.request(HEALTH)
    assert caught.value.problem.code == "reply_too_large"


async def test_a_request_without_a_server_fails_immediately(bus: Bus) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(BusUnavailable, match="health"):
            await bus.rpc.request(HEALTH, timeout_seconds=60)


async def test_a_late_reply_is_bus_unavailable(bus: Bus) -> None:
    async def reply_late(_: GetHealth) -> ServiceHealth:
        await asyncio.sleep(0.6)
        return ServiceHealth(service="ledger", ready=True)

    await bus.rpc.serve("ledger", {GetHealth: reply_late})
    with pytest.raises(BusUnavailable, match=r"0\.2 s"):
        await bus.rpc.request(HEALTH, timeout_seconds=0.2)


async def test_processes_of_one_service_share_the_load(bus: Bus, join: Join) -> None:
    await (await join()).rpc.serve("ledger", {GetHealth: healthy("one")})
    await (await join()).rpc.serve("ledger", {GetHealth: healthy("two")})
    replies = await asyncio.gather(*(bus.rpc.request(HEALTH) for _ in range(60)))
    counted = Counter(reply.service for reply in replies)
    assert counted["one"] + counted["two"] == 60
    assert min(counted["one"], counted["two"]) > 5


async def test_a_slow_request_does_not_block_others(bus: Bus) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def reply_slowly_once(_: GetHealth) -> ServiceHealth:
        if not entered.is_set():
            entered.set()
            await leave.wait()
            return ServiceHealth(service="slow", ready=True)
        return ServiceHealth(service="fast", ready=True)

    await bus.rpc.serve("ledger", {GetHealth: reply_slowly_once})
    slow = asyncio.create_task(bus.rpc.request(HEALTH))
    await entered.wait()
    assert (await bus.rpc.request(HEALTH, timeout_seconds=30)).service == "fast"
    leave.set()
    assert (await slow).service == "slow"


async def test_a_broadcast_request_is_answered_by_the_process_that_has_what_is_asked_for(bus: Bus, join: Join) -> None:
    asked: list[str] = []

    def owner_of(attempt_id: str) -> RpcHandler:
        async def reply(request: ReadTail) -> TailBacklog | None:
            asked.append(attempt_id)
            return TailBacklog(lines=(line(attempt_id),)) if request.attempt_id == attempt_id else None

        return reply

    for attempt_id in ("r1-1", "r1-2", "r1-3"):
        await (await join()).rpc.serve_broadcast({ReadTail: owner_of(attempt_id)})
    for attempt_id in ("r1-3", "r1-1", "r1-2"):
        backlog = await bus.rpc.request(ReadTail(attempt_id=attempt_id), timeout_seconds=30)
        assert [one.attempt_id for one in backlog.lines] == [attempt_id]
    with pytest.raises(BusUnavailable):
        await bus.rpc.request(ReadTail(attempt_id="r1-4"), timeout_seconds=0.3)
    assert set(asked) == {"r1-1", "r1-2", "r1-3"}


def line(attempt_id: str) -> TailLine:
    return TailLine(attempt_id=attempt_id, token=1, kind=TailKind.STEP, text="hello", time=datetime.now(UTC))
