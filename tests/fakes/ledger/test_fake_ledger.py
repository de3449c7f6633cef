"""What the fake ledger implements behaves as the real ledger does: each test runs on both, over the bus."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from assay.bus.memory import MemoryBus
from assay.bus.queues import orders_queue
from assay.contracts.attempts import Denial, ExecuteAttempt, Stage, State
from assay.contracts.codec import decode
from assay.contracts.facts import Event, RunChanged, RunPaused, RunResumed, RunSubmitted
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    CancelRun,
    ChangeRun,
    Claim,
    ClaimAttempts,
    Claims,
    GetAttempt,
    GetCauses,
    GetHealth,
    GetMoney,
    GetRun,
    Heartbeat,
    ListAttempts,
    ListFacts,
    ListRuns,
    PauseRun,
    Request,
    RestartRun,
    ResumeRun,
    SetMoneyLimits,
    SubmitRun,
    TopUpGrant,
)
from assay.contracts.runs import RunLimits, RunStatus, RunView
from tests.fakes.ledger.ledger import FakeLedger
from tests.ledger.harness import plan

R = TypeVar("R")

RUNNERS = orders_queue(Stage.RUN)


class Client:
    """Requests over the bus, and the steps between them."""

    def __init__(self, bus: MemoryBus, fake: FakeLedger | None) -> None:
        self.bus, self.fake = bus, fake

    async def ask(self, request: Request[R]) -> R:
        return await self.bus.rpc.request(request, timeout_seconds=30)

    async def refused(self, request: Request[Any]) -> tuple[str, int]:
        with pytest.raises(ProblemError) as caught:
            await self.ask(request)
        return caught.value.problem.code, caught.value.problem.status

    async def submit(self, key: str = "", **of_plan: Any) -> RunView:
        return await self.ask(SubmitRun(plan=plan(**of_plan), idempotency_key=key))

    async def facts(self, run_id: str) -> list[Event]:
        page = await self.ask(ListFacts(run_id=run_id))
        return [decode(Event, text.encode()) for text in page.events]

    async def order(self, run: RunView) -> ExecuteAttempt:
        """The order for the run's first attempt, as a runner fetches it."""
        if self.fake is None:
            await self.ask(Heartbeat(worker_id="w", stage=Stage.RUN, slots=8))
        else:
            first = (await self.ask(ListAttempts(run_id=run.run_id))).items[0]
            await self.fake.work.order(self.fake.work.ticket(first.attempt_id))
        async with asyncio.timeout(30):
            while not (fetched := await self.bus.work.fetch(RUNNERS, 1, wait_seconds=1.0)):
                pass
        await fetched[0].ack()
        order = fetched[0].message
        assert isinstance(order, ExecuteAttempt)
        return order

    async def claim(self, *claims: Claim, worker_id: str = "w") -> Claims:
        return await self.ask(ClaimAttempts(worker_id=worker_id, stage=Stage.RUN, claims=claims))

    async def claimed(self, **of_plan: Any) -> Claim:
        """A running attempt of a new run."""
        order = await self.order(await self.submit(**of_plan))
        claim = Claim(attempt_id=order.attempt_id, token=order.token)
        assert (await self.claim(claim)).granted
        return claim


@pytest.fixture
def client(bus: MemoryBus, ledger: FakeLedger | None) -> Client:
    return Client(bus, ledger)


async def test_a_submitted_run_is_found_with_its_attempts_waiting(client: Client) -> None:
    run = await client.submit(name="first")
    found = await client.ask(GetRun(run_id=run.run_id))
    assert (found.name, found.suite, found.status, found.progress.total) == ("first", "demo", RunStatus.WAITING, 2)
    page = await client.ask(ListAttempts(run_id=run.run_id))
    assert (page.total, page.next_cursor, page.sequence) == (2, "", found.sequence)
    assert {row.state for row in page.items} == {State.WAITING}
    detail = await client.ask(GetAttempt(attempt_id=page.items[0].attempt_id))
    assert detail.attempt.attempt_id == page.items[0].attempt_id


async def test_a_key_submits_one_run_and_refuses_another_plan(client: Client) -> None:
    first = await client.submit("key")
    assert (await client.submit("key")).run_id == first.run_id
    other = SubmitRun(plan=replace(plan(), name="another"), idempotency_key="key")
    assert await client.refused(other) == ("idempotency_key_reused", 422)
    assert (await client.ask(ListRuns())).total == 1


@pytest.mark.parametrize(
    ("request_for", "code"),
    [
        (GetRun(run_id="none"), "unknown_run"),
        (GetCauses(run_id="none"), "unknown_run"),
        (ListAttempts(run_id="none"), "unknown_run"),
        (CancelRun(run_id="none"), "unknown_run"),
        (PauseRun(run_id="none"), "unknown_run"),
        (ChangeRun(run_id="none"), "unknown_run"),
        (RestartRun(run_id="none"), "unknown_run"),
    ],
    ids=lambda value: getattr(value, "name", lambda: "")() if isinstance(value, Request) else value,
)
async def test_an_unknown_run_is_a_404(client: Client, request_for: Request[Any], code: str) -> None:
    assert await client.refused(request_for) == (code, 404)


async def test_an_unknown_attempt_is_a_404(client: Client) -> None:
    run = await client.submit()
    assert await client.refused(GetAttempt(attempt_id=f"{run.run_id}-99")) == ("unknown_attempt", 404)


async def test_runs_are_listed_newest_first_by_page_and_by_name(client: Client) -> None:
    runs = [await client.submit(name=name) for name in ("one", "two", "three")]
    first = await client.ask(ListRuns(limit=2))
    assert ([run.name for run in first.items], first.total) == (["three", "two"], 3)
    rest = await client.ask(ListRuns(limit=2, cursor=first.next_cursor))
    assert ([run.name for run in rest.items], rest.next_cursor) == (["one"], "")
    found = await client.ask(ListRuns(search="tw"))
    assert [run.run_id for run in found.items] == [runs[1].run_id]


async def test_attempts_are_listed_by_page_and_by_state(client: Client) -> None:
    run = await client.submit(samples=3)
    first = await client.ask(ListAttempts(run_id=run.run_id, limit=2))
    rest = await client.ask(ListAttempts(run_id=run.run_id, limit=2, cursor=first.next_cursor))
    ordinals = [row.ordinal for row in (*first.items, *rest.items)]
    assert len(ordinals) == first.total == 3
    assert ordinals == sorted(ordinals)
    assert (await client.ask(ListAttempts(run_id=run.run_id, state=State.DONE))).items == ()


async def test_facts_are_numbered_from_1_and_read_from_any_position(client: Client) -> None:
    run = await client.submit()
    await client.ask(PauseRun(run_id=run.run_id))
    await client.ask(ResumeRun(run_id=run.run_id))
    facts = await client.facts(run.run_id)
    assert [fact.sequence for fact in facts] == list(range(1, len(facts) + 1))
    changes = [type(fact.data) for fact in facts if not isinstance(fact.data, RunChanged)]
    assert changes == [RunSubmitted, RunPaused, RunResumed]
    page = await client.ask(ListFacts(run_id=run.run_id, after=2))
    assert decode(Event, page.events[0].encode()).sequence == 3
    assert page.last_sequence >= len(facts)


async def test_a_paused_run_resumes(client: Client) -> None:
    run = await client.submit()
    assert (await client.ask(PauseRun(run_id=run.run_id))).status is RunStatus.PAUSED
    resumed = await client.ask(ResumeRun(run_id=run.run_id))
    assert resumed.status in (RunStatus.WAITING, RunStatus.RUNNING)


async def test_changed_limits_are_shown_and_published(client: Client) -> None:
    run = await client.submit()
    limits = RunLimits(cost_usd="2.5")
    changed = await client.ask(ChangeRun(run_id=run.run_id, limits=limits, priority=7))
    assert (changed.limits, changed.priority) == (limits, 7)
    assert isinstance((await client.facts(run.run_id))[-1].data, RunChanged)


async def test_a_cancelled_run_ends_cancelled(client: Client) -> None:
    run = await client.submit()
    await client.ask(CancelRun(run_id=run.run_id))
    async with asyncio.timeout(30):
        while (await client.ask(GetRun(run_id=run.run_id))).status is not RunStatus.CANCELLED:
            await asyncio.sleep(0.05)


async def test_a_restart_is_one_new_run_per_key(client: Client) -> None:
    run = await client.submit(name="again")
    restarted = await client.ask(RestartRun(run_id=run.run_id, idempotency_key="key"))
    assert (restarted.restarts, restarted.name) == (run.run_id, "again")
    assert (await client.ask(RestartRun(run_id=run.run_id, idempotency_key="key"))).run_id == restarted.run_id


async def test_the_limits_of_a_project_are_set_and_shown(client: Client) -> None:
    order = SetMoneyLimits(day_usd="3", project_usd="40", time_zone="Europe/Berlin")
    money = await client.ask(order)
    assert money == await client.ask(GetMoney())
    limits = {account.kind.value: account.limit_usd for account in money.accounts}
    assert (money.time_zone, limits["day"], limits["project"]) == ("Europe/Berlin", "3", "40")


async def test_a_run_beyond_its_own_limit_is_refused(client: Client) -> None:
    if client.fake is not None:
        client.fake.money.estimate_usd = "1"
    assert await client.refused(SubmitRun(plan=plan(limits=RunLimits(cost_usd="0.000001")))) == ("over_limit", 402)


async def test_the_health_names_the_service(client: Client) -> None:
    health = await client.ask(GetHealth())
    assert (health.service, health.ready) == ("ledger", True)


async def test_a_claim_is_granted_once_and_again_to_the_same_worker(client: Client) -> None:
    order = await client.order(await client.submit())
    claim = Claim(attempt_id=order.attempt_id, token=order.token)
    for _ in range(2):
        (ticket,) = (await client.claim(claim)).granted
        assert (ticket.attempt_id, ticket.token) == (order.attempt_id, order.token)
        assert ticket.lease_seconds > 0
    (denied,) = (await client.claim(claim, worker_id="another")).denied
    assert denied.reason is Denial.LEASED


async def test_a_claim_is_denied_for_an_unknown_attempt_and_an_old_token(client: Client) -> None:
    claim = await client.claimed()
    unknown = Claim(attempt_id="none-1", token=1)
    old = replace(claim, token=claim.token + 1)
    denied = {each.attempt_id: each.reason for each in (await client.claim(unknown, old)).denied}
    assert denied == {"none-1": Denial.UNKNOWN, claim.attempt_id: Denial.SUPERSEDED}


async def test_a_heartbeat_lists_the_leases_that_are_lost(client: Client) -> None:
    claim = await client.claimed()
    lost = Claim(attempt_id="none-1", token=1)
    leases = await client.ask(Heartbeat(worker_id="w", stage=Stage.RUN, slots=8, leases=(claim, lost)))
    assert (leases.lost, leases.share) == ((lost,), 1.0)


async def test_money_is_granted_once_per_request(client: Client) -> None:
    claim = await client.claimed(limits=RunLimits(cost_usd="10"))
    request = TopUpGrant(attempt_id=claim.attempt_id, token=claim.token, request_id="r-1", amount_nanousd=1_000)
    for _ in range(2):
        assert (await client.ask(request)).granted_nanousd == 1_000
    if client.fake is not None:
        assert client.fake.grants.granted[claim.attempt_id] == 1_000


async def test_money_beyond_the_limit_is_refused_with_a_reason(client: Client) -> None:
    claim = await client.claimed(limits=RunLimits(cost_usd="10"))
    if client.fake is not None:
        client.fake.grants.left_nanousd = 10_000_000_000
    amount = 11_000_000_000
    request = TopUpGrant(attempt_id=claim.attempt_id, token=claim.token, request_id="r-1", amount_nanousd=amount)
    grant = await client.ask(request)
    assert (grant.granted_nanousd, grant.lost) == (0, False)
    assert "limit" in grant.reason
