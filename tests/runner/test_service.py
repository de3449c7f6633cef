"""The runner as a whole on the bus in memory, with a ledger played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.bus.protocol import Envelope
from assay.bus.queues import REPORTS, all_queues
from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted, ExecuteAttempt, Ticket
from assay.contracts.models import CallFault
from assay.contracts.rpc import Claim, ClaimAttempts, Claims, Heartbeat, Leases, ModelProbe, TestModel
from services.runner.__main__ import work
from services.runner.settings import RunnerSettings
from tests.runner.fake_endpoint import FakeEndpoint, Reply
from tests.runner.harness import RunnerHarness, wait_for_requests, wait_for_tail_text


class Ledger:
    """Grants every claim it has a ticket for."""

    def __init__(self, runner: RunnerHarness) -> None:
        self._runner = runner
        self.tickets: dict[str, Ticket] = {}
        self.share = 1.0
        self.lost: tuple[Claim, ...] = ()
        self.beats = 0

    async def serve(self) -> None:
        await self._runner.bus.rpc.serve("ledger", {ClaimAttempts: self.claim, Heartbeat: self.beat})

    async def order(self, *tickets: Ticket) -> None:
        orders = [ExecuteAttempt(attempt_id=ticket.attempt_id, token=ticket.token) for ticket in tickets]
        self.tickets |= {ticket.attempt_id: ticket for ticket in tickets}
        await self._runner.bus.work.publish(
            [Envelope.of(subjects.order(order), order.attempt_id, order) for order in orders]
        )

    async def claim(self, request: ClaimAttempts) -> Claims:
        return Claims(granted=tuple(self.tickets[claim.attempt_id] for claim in request.claims))

    async def beat(self, _: Heartbeat) -> Leases:
        self.beats += 1
        return Leases(share=self.share, lost=self.lost)

    async def beaten(self) -> None:
        """Until the next heartbeat but one: the next may already be under way."""
        until = self.beats + 2
        while self.beats < until:
            await asyncio.sleep(0.01)

    async def reports(self, count: int) -> list[AttemptExecuted]:
        found: list[AttemptExecuted] = []
        while len(found) < count:
            for delivery in await self._runner.bus.work.fetch(REPORTS, 10, 5.0):
                assert isinstance(delivery.message, AttemptExecuted)
                found.append(delivery.message)
                await delivery.ack()
        return found


@pytest.fixture
async def ledger(runner: RunnerHarness, tmp_path: Path) -> AsyncIterator[Ledger]:
    """With a runner at work."""
    one = Ledger(runner)
    await runner.bus.provision(all_queues())
    await one.serve()
    settings = RunnerSettings(artifacts_url=str(tmp_path / "artifacts"), runner_slots=4)
    stop = asyncio.Event()
    working = asyncio.create_task(work(runner.bus, runner.models, "runner-1", settings, stop))
    while not one.beats:
        await asyncio.sleep(0.01)
    yield one
    stop.set()
    await asyncio.wait_for(working, 60)


async def test_every_order_gets_a_report(ledger: Ledger, runner: RunnerHarness) -> None:
    tickets = [
        await runner.ticket("colours", "stub/m-1", attempt_id="a-1"),
        await runner.ticket("colours", "oracle", attempt_id="a-2"),
        await runner.ticket("sum_files", "oracle", attempt_id="a-3"),
        await runner.ticket("colours", "scripted/colours", attempt_id="a-4"),
        await runner.ticket("sum_files", "stub/m-1", attempt_id="a-5"),
    ]
    await ledger.order(*tickets)
    reports = {report.attempt_id: report for report in await ledger.reports(5)}
    assert {name: report.outcome for name, report in reports.items()} == {
        "a-1": None,
        "a-2": None,
        "a-3": None,
        "a-4": None,
        "a-5": "agent_error",
    }
    assert all(report.worker_id == "runner-1" for report in reports.values())
    assert ledger.beats >= 1


@pytest.mark.parametrize("read_timeout_seconds", [4.0])
async def test_a_model_probe_reports_success_or_the_fault(
    ledger: Ledger, runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    async def probe(model: str) -> ModelProbe:
        return await runner.bus.rpc.request(TestModel(model=model), timeout_seconds=60)

    fine = await probe("stub/m-1")
    assert (fine.ok, fine.message, fine.fault) == (True, "hello world", None)
    assert endpoint.bodies[0]["max_tokens"] == 16
    endpoint.default = Reply(status=401, text="wrong key")
    wrong = await probe("stub/m-1")
    assert (wrong.ok, wrong.fault) == (False, CallFault.CONFIGURATION)
    assert "wrong key" in wrong.message
    endpoint.default = Reply(hang=True)
    assert (await probe("stub/m-1")).fault is CallFault.TIMEOUT
    assert (await probe("nobody/m-1")).fault is CallFault.CONFIGURATION
    assert (await probe("oracle")).ok


async def test_the_heartbeat_sets_the_share_of_the_rate_limits(
    ledger: Ledger, runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(silent_seconds=0.05)
    ledger.share = 0.5
    first = await runner.ticket("colours", "stub/m-1", attempt_id="a-0", lease_seconds=0.3)
    await ledger.order(first)
    await ledger.reports(1)
    await ledger.beaten()
    await ledger.order(*[await runner.ticket("colours", "stub/m-1", attempt_id=f"a-{n}") for n in range(1, 5)])
    await ledger.reports(4)
    assert endpoint.max_in_flight == 1, "half of the two it allows"


@pytest.mark.parametrize("waits_for", ["money", "a place", "an answer"])
async def test_a_lost_lease_interrupts_any_wait(
    ledger: Ledger, runner: RunnerHarness, endpoint: FakeEndpoint, waits_for: str
) -> None:
    if waits_for == "a place":
        endpoint.default = Reply(status=429, headers={"retry-after": "50"})
    else:
        endpoint.default = Reply(hang=True)
    grant = 0 if waits_for == "money" else 10**9
    words = {"money": "waiting for a grant", "a place": "rate limited (429)", "an answer": "calling the model"}
    async with runner.bus.tail.listen(subjects.tail("default", "a", "a-1")) as frames:
        await ledger.order(
            await runner.ticket("colours", "stub/m-1", attempt_id="a-1", grant_nanousd=grant, lease_seconds=0.3)
        )
        await wait_for_tail_text(frames, words[waits_for])
    await wait_for_requests(endpoint, 0 if waits_for == "money" else 1)
    ledger.lost = (Claim(attempt_id="a-1", token=3),)
    (report,) = await asyncio.wait_for(ledger.reports(1), 20)
    assert report.fault is not None
    assert report.fault.kind == "interrupted"
    assert len(report.calls) == (0 if waits_for == "money" else 1)
    assert [call.cost_nanousd > 0 for call in report.calls] in ([], [waits_for == "an answer"])
