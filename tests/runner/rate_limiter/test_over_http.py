"""Tries at a real server with rate limits."""

from __future__ import annotations

import asyncio
import re
import time

from assay.contracts import subjects
from assay.contracts.codec import decode
from assay.contracts.ids import attempt_id
from assay.contracts.tail import TailLine
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RUN, RunnerHarness, wait_for_requests


async def test_retry_after_pauses_all_tries_of_the_model_which_say_why(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.replies.append(Reply(status=429, headers={"retry-after-ms": "5000"}))
    limits = Limits(wall_seconds=4, max_tokens=100)
    tickets = [
        await runner.ticket("colours", "stub/m-1", attempt_id=attempt_id(RUN, number), limits=limits)
        for number in range(4)
    ]
    async with runner.bus.tail.listen(subjects.tail("default", RUN, "*")) as frames:
        started = time.monotonic()
        running = [asyncio.create_task(on_ticket(ticket, runner.ports)) for ticket in tickets]
        await wait_for_requests(endpoint)
        await asyncio.sleep(0.5)
        assert len(endpoint.bodies) == 1
        reports = await asyncio.gather(*running)
        assert time.monotonic() - started >= 5
        waiting = {ticket.attempt_id for ticket in tickets}
        async with asyncio.timeout(30):
            while waiting:
                line = decode(TailLine, await anext(frames))
                if re.fullmatch(r"waiting for provider, \d s: stub/m-1 is rate limited \(429\)", line.text):
                    waiting.discard(line.attempt_id)
    assert [report.outcome for report in reports] == [None] * 4, "waiting does not count as wall time"
    assert all(report.duration_seconds < 4 for report in reports)
    assert len(endpoint.bodies) == 5
    assert sum(call.retries for report in reports for call in report.calls) == 1


async def test_after_a_long_retry_after_other_tries_end_without_a_request(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(status=429, headers={"retry-after": "3600"})
    reports = await asyncio.gather(*(runner.run_attempt("colours", "stub/m-1") for _ in range(5)))
    assert len(endpoint.bodies) == 1
    assert {(report.outcome, report.fault and report.fault.kind) for report in reports} == {
        (Outcome.INFRA_ERROR, "rate_limited")
    }
    assert sorted(len(report.calls) for report in reports) == [0, 0, 0, 0, 1]
    others = [report.reason for report in reports if not report.calls]
    assert all(
        re.search(r"stub/m-1 is rate limited \(429\) and accepts no requests for another (1 h 0 min|59 min)", reason)
        for reason in others
    )


async def test_a_provider_can_have_its_own_limit_of_waiting(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    models = runner.catalog.root / "models.yaml"
    models.write_text(models.read_text().replace("concurrency: 2,", "concurrency: 2, max_outage_seconds: 0.5,"))
    endpoint.default = Reply(status=503, text="down for tea")
    report = await runner.run_attempt("colours", "stub/m-1", run_seconds_left=10_800.0)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.reason.endswith("503: down for tea; requests wait 1 s for it (models.yaml)")


async def test_an_outage_of_one_model_does_not_hold_up_the_others(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    """Of the same provider, whose reply to the first model forbids requests for an hour."""
    endpoint.replies.append(Reply(status=429, headers={"retry-after": "3600"}))
    first = asyncio.create_task(runner.run_attempt("colours", "stub/m-1", run_seconds_left=10_800.0))
    await wait_for_requests(endpoint)
    reports = await asyncio.gather(*(runner.run_attempt("colours", "stub/m-2") for _ in range(5)))
    assert [report.outcome for report in reports] == [None] * 5
    assert not first.done()
    first.cancel()
    await first
    assert [body["model"] for body in endpoint.bodies] == ["m-1", *["m-2"] * 5]


async def test_a_smaller_share_lowers_the_concurrency(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(silent_seconds=0.05)
    for share, concurrency in ((1.0, 2), (0.5, 1), (1.0, 2)):
        runner.models.set_share(share)
        endpoint.max_in_flight = 0
        await asyncio.gather(*(runner.run_attempt("colours", "stub/m-1") for _ in range(16)))
        assert endpoint.max_in_flight == concurrency


async def test_rate_limits_of_models_yaml_apply(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    models = runner.catalog.root / "models.yaml"
    models.write_text(models.read_text().replace("concurrency: 64", "concurrency: 64, requests_per_minute: 200"))
    started = time.monotonic()
    await asyncio.gather(*(runner.run_attempt("colours", "wide/m-1") for _ in range(22)))
    assert time.monotonic() - started >= 0.6, "20 immediately, then 3 per second"
