"""Permissions of each service on a real nats-server: everything it needs and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.bus.errors import BusForbidden, BusUnavailable
from assay.bus.nats.bus import JetStreamBus
from assay.bus.nats.server.api import call
from assay.bus.permissions import USERS, permissions
from assay.bus.protocol import Envelope, RpcHandler
from assay.bus.queues import REPORTS, all_queues, orders_queue
from assay.bus.subjects import matches
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, ExecuteAttempt, GradeAttempt, Report, Stage
from assay.contracts.rpc import (
    LEDGER_REQUESTS,
    ClaimAttempts,
    Claims,
    GetHealth,
    Heartbeat,
    Leases,
    ModelEndpoint,
    ModelProbe,
    ReadTail,
    Request,
    ServeModel,
    ServiceHealth,
    TailBacklog,
    TestModel,
)
from assay.contracts.tail import TailKind, TailLine
from assay.contracts.verdicts import Outcome, Verdict
from tests.bus.conftest import ConnectAs, delete_all_streams
from tests.bus.messages import FETCH_SECONDS, fact
from tests.bus.nats_server import ServerProcess
from tests.bus.test_facts import ALL, take

RUN, JUDGE = orders_queue(Stage.RUN), orders_queue(Stage.JUDGE)
EXECUTED = AttemptExecuted(message_id="r1-1:1:executed", attempt_id="r1-1", token=1, worker_id="w")
JUDGED = AttemptJudged(
    message_id="r1-1:1:judged", attempt_id="r1-1", token=1, worker_id="w", verdict=Verdict(outcome=Outcome.PASSED)
)
CLAIM = {stage: ClaimAttempts(worker_id="w", stage=stage, claims=()) for stage in Stage}


def order(stage: Stage) -> Envelope:
    message = ExecuteAttempt if stage is Stage.RUN else GradeAttempt
    return Envelope.of(subjects.orders(stage), f"order-{stage}", message(attempt_id="r1-1", token=1))


def report(message: Report) -> Envelope:
    return Envelope.of(subjects.report(message), message.message_id, message)


def replying(reply: Any) -> Callable[[Any], Awaitable[Any]]:
    async def answer(_: Any) -> Any:
        return reply

    return answer


@pytest.fixture
async def server(shared_server: ServerProcess) -> ServerProcess:
    await delete_all_streams(shared_server)
    return shared_server


@pytest.fixture
async def ledger(connect_as: ConnectAs) -> JetStreamBus:
    bus = await connect_as("ledger")
    await bus.provision(all_queues())
    health = ServiceHealth(service="ledger", ready=True)
    answers: dict[type[Request[Any]], RpcHandler] = {
        ClaimAttempts: replying(Claims()),
        Heartbeat: replying(Leases()),
        GetHealth: replying(health),
    }
    await bus.rpc.serve("ledger", answers)
    return bus


@pytest.mark.parametrize(("user", "stage", "done"), [("runner", Stage.RUN, EXECUTED), ("judge", Stage.JUDGE, JUDGED)])
async def test_workers_and_the_ledger_can_do_their_work(
    ledger: JetStreamBus, connect_as: ConnectAs, user: str, stage: Stage, done: Report
) -> None:
    worker = await connect_as(user)
    await ledger.work.publish([order(stage)])
    [delivery] = await worker.work.fetch(orders_queue(stage), 1, FETCH_SECONDS)
    assert await worker.rpc.request(CLAIM[stage]) == Claims()
    await worker.work.in_progress([delivery])
    await delivery.ack()
    assert await worker.rpc.request(Heartbeat(worker_id="w", stage=stage, slots=1)) == Leases()
    await worker.work.publish([report(done)])
    [received] = await ledger.work.fetch(REPORTS, 10, FETCH_SECONDS)
    assert received.message == done
    await received.dead_letter("on purpose")
    assert [letter.reason for letter in await ledger.work.dead_letters()] == ["on purpose"]
    assert await ledger.work.fetch(REPORTS, 10, 0) == []


@pytest.mark.parametrize(("user", "stage"), [("runner", Stage.RUN), ("judge", Stage.JUDGE)])
async def test_workers_can_return_and_dead_letter_orders(
    ledger: JetStreamBus, connect_as: ConnectAs, user: str, stage: Stage
) -> None:
    worker = await connect_as(user)
    await ledger.work.publish([order(stage)])
    for _ in range(2):
        [delivery] = await worker.work.fetch(orders_queue(stage), 1, FETCH_SECONDS)
        await delivery.nak()
    [delivery] = await worker.work.fetch(orders_queue(stage), 1, FETCH_SECONDS)
    await delivery.dead_letter("poison")
    assert len(await ledger.work.dead_letters()) == 1


async def test_the_gateway_sends_requests_and_receives_facts_and_tails(
    ledger: JetStreamBus, connect_as: ConnectAs
) -> None:
    gateway, runner = await connect_as("gateway"), await connect_as("runner")
    tail = "assay.tail.v1.demo.r1.r1-1"
    line = TailLine(attempt_id="r1-1", token=1, kind=TailKind.STEP, text="hello", time=datetime.now(UTC))
    assert (await gateway.rpc.request(GetHealth())).service == "ledger"
    async with gateway.facts.listen(ALL) as facts, gateway.tail.listen("assay.tail.v1.demo.r1.>") as lines:
        await ledger.facts.publish([fact(1)])
        await runner.tail.emit(tail, line)
        assert len(await take(facts, 1)) == len(await take(lines, 1)) == 1


async def test_the_runner_and_the_model_host_serve_requests(connect_as: ConnectAs) -> None:
    gateway, runner, host = await connect_as("gateway"), await connect_as("runner"), await connect_as("modelhost")
    endpoint = ModelEndpoint(base_url="http://127.0.0.1:1/v1", model="m")
    await runner.rpc.serve("runner", {TestModel: replying(ModelProbe(model="local/m", ok=True))})
    await host.rpc.serve("modelhost", {ServeModel: replying(endpoint)})
    await runner.rpc.serve_broadcast({ReadTail: replying(TailBacklog(lines=()))})
    assert (await gateway.rpc.request(TestModel(model="local/m"))).ok
    assert await gateway.rpc.request(ReadTail(attempt_id="r1-1")) == TailBacklog(lines=())
    assert await runner.rpc.request(ServeModel(model="m")) == endpoint


@pytest.mark.parametrize(
    ("user", "envelope"),
    [
        ("runner", report(JUDGED)),
        ("runner", order(Stage.RUN)),
        ("judge", report(EXECUTED)),
        ("judge", order(Stage.JUDGE)),
        ("gateway", order(Stage.RUN)),
        ("gateway", report(JUDGED)),
        ("modelhost", report(EXECUTED)),
        ("ledger", report(JUDGED)),
    ],
)
async def test_services_cannot_publish_work_of_other_services(
    ledger: JetStreamBus, connect_as: ConnectAs, user: str, envelope: Envelope
) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(BusForbidden, match=user):
            await (await connect_as(user)).work.publish([envelope])


@pytest.mark.parametrize("user", ["runner", "judge", "gateway", "modelhost"])
async def test_only_the_ledger_can_publish_facts(ledger: JetStreamBus, connect_as: ConnectAs, user: str) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(BusForbidden):
            await (await connect_as(user)).facts.publish([fact(1), fact(2)])


async def test_a_forbidden_message_does_not_block_allowed_ones(ledger: JetStreamBus, connect_as: ConnectAs) -> None:
    runner = await connect_as("runner")
    outcomes = await asyncio.gather(
        runner.work.publish([report(EXECUTED)]),
        *(runner.work.publish([report(JUDGED)]) for _ in range(3)),
        runner.work.publish([order(Stage.RUN)]),
        return_exceptions=True,
    )
    assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType", *["BusForbidden"] * 4]
    assert [delivery.message for delivery in await ledger.work.fetch(REPORTS, 10, FETCH_SECONDS)] == [EXECUTED]


@pytest.mark.parametrize(("user", "queue"), [("runner", JUDGE), ("judge", RUN), ("runner", REPORTS), ("gateway", RUN)])
async def test_services_cannot_fetch_from_queues_of_other_services(
    ledger: JetStreamBus, connect_as: ConnectAs, user: str, queue: Any
) -> None:
    with pytest.raises(BusForbidden):
        await (await connect_as(user)).work.fetch(queue, 1, 2)


@pytest.mark.parametrize("user", ["runner", "judge", "gateway", "modelhost"])
@pytest.mark.parametrize(
    "endpoint",
    [
        "STREAM.PURGE.ASSAY_WORK",
        "STREAM.DELETE.ASSAY_FACTS",
        "STREAM.INFO.ASSAY_WORK",
        "STREAM.MSG.GET.ASSAY_WORK",
        "CONSUMER.CREATE.ASSAY_WORK.spy.assay.work.judge.default",
        "CONSUMER.DELETE.ASSAY_WORK.judge-default",
    ],
)
async def test_only_the_ledger_can_manage_streams(connect_as: ConnectAs, user: str, endpoint: str) -> None:
    with pytest.raises(BusForbidden):
        await call((await connect_as(user)).connection, endpoint)


async def test_the_ledger_cannot_purge_work(ledger: JetStreamBus) -> None:
    with pytest.raises(BusForbidden):
        await call(ledger.connection, "STREAM.PURGE.ASSAY_WORK")


async def test_the_gateway_cannot_act_as_a_worker(ledger: JetStreamBus, connect_as: ConnectAs) -> None:
    gateway = await connect_as("gateway")
    with pytest.raises(BusForbidden):
        await gateway.rpc.request(CLAIM[Stage.RUN])
    with pytest.raises(BusForbidden):
        await gateway.rpc.request(Heartbeat(worker_id="w", stage=Stage.RUN, slots=1))


async def test_services_cannot_read_replies_to_other_services(ledger: JetStreamBus, connect_as: ConnectAs) -> None:
    judge, gateway = await connect_as("judge"), await connect_as("gateway")
    async with judge.tail.listen("_INBOX_gateway.>") as replies:
        await gateway.rpc.request(GetHealth())
        with pytest.raises(TimeoutError):
            await take(replies, 1, seconds=0.3)


async def test_other_services_cannot_serve_requests_to_the_ledger(connect_as: ConnectAs) -> None:
    runner, gateway = await connect_as("runner"), await connect_as("gateway")
    await runner.rpc.serve("ledger", {GetHealth: replying(ServiceHealth(service="impostor", ready=True))})
    with pytest.raises(BusUnavailable):
        await gateway.rpc.request(GetHealth(), timeout_seconds=1)


def test_every_request_to_the_ledger_has_a_permitted_sender() -> None:
    users = ("gateway", "runner", "judge")
    for kind in LEDGER_REQUESTS:
        subject = subjects.rpc(kind)
        assert any(matches(pattern, subject) for user in users for pattern in permissions(user).publish), subject


def test_only_the_observer_may_do_everything() -> None:
    assert [user for user in USERS if ">" in permissions(user).publish + permissions(user).subscribe] == ["observer"]


def test_workers_may_fetch_from_their_pools() -> None:
    pooled = permissions("runner", ("default", "gpu")).publish
    assert "$JS.API.CONSUMER.MSG.NEXT.ASSAY_WORK.run-gpu" in pooled
    assert "$JS.API.CONSUMER.MSG.NEXT.ASSAY_WORK.run-gpu" not in permissions("runner").publish
