"""Interrupting a try, as when its lease is lost: it ends at once, and what it has is stored and reported."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec
import pytest

from assay.contracts import subjects
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.models import CallFault, ModelSpec, Parameters, Usage
from assay.contracts.money import worst_prompt_tokens
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from tests.fakes.ledger.grants import FakeGrants
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RUN, RunnerHarness, wait_for_requests, wait_for_tail_text

PROMPTLY_SECONDS = 10.0
"""Half as long as any wait in these tests, but longer than a busy machine needs."""
LONG_SECONDS = 20.0


TAIL = subjects.tail("default", RUN, f"{RUN}-7")


async def interrupt(running: asyncio.Task[AttemptExecuted]) -> AttemptExecuted:
    running.cancel()
    report = await asyncio.wait_for(running, PROMPTLY_SECONDS)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == ("interrupted", True)
    return report


@pytest.fixture(autouse=True)
async def tokenizer(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    """Loads the tokenizer's tables, which takes half a second once per process."""
    endpoint.replies.append(Reply(usage=None))
    await runner.run_attempt("colours", "stub/m-1")
    endpoint.bodies.clear()


async def test_the_partial_answer_is_stored(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="half of it", piece=5, silent_seconds=LONG_SECONDS, silent_after=1)
    async with runner.bus.tail.listen(TAIL) as frames:
        running = asyncio.create_task(runner.run_attempt("colours", "stub/m-1"))
        await wait_for_tail_text(frames, "half ")
    report = await interrupt(running)
    assert await runner.read(report.artifacts["response.txt"]) == b"half "
    assert report.artifacts["response.txt"].truncated
    (call,) = report.calls
    assert (call.estimated, call.fault) == (True, CallFault.TIMEOUT)
    assert call.cost_nanousd > 0


async def test_without_streaming_only_the_cost_is_known(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(hang=True)
    spec = ModelSpec(name="stub/m-1", parameters=Parameters(stream=False))
    ticket = await runner.ticket("colours", "stub/m-1")
    running = asyncio.create_task(on_ticket(msgspec.structs.replace(ticket, model=spec), runner.ports))
    await wait_for_requests(endpoint)
    report = await interrupt(running)
    assert await runner.read(report.artifacts["response.txt"]) == b""
    (call,) = report.calls
    assert (call.estimated, call.fault) == (True, CallFault.TIMEOUT)
    assert call.cost_nanousd > 0


async def test_the_text_of_a_broken_stream_is_stored_while_the_retry_waits(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.replies.append(Reply(text="half of it", break_after=2, piece=5))
    endpoint.default = Reply(status=429, headers={"retry-after": str(LONG_SECONDS)})
    async with runner.bus.tail.listen(TAIL) as frames:
        running = asyncio.create_task(runner.run_attempt("colours", "stub/m-1"))
        await wait_for_tail_text(frames, "rate limited (429)")
    report = await interrupt(running)
    assert await runner.read(report.artifacts["response.txt"]) == b"half "
    lost, refused = report.calls
    assert (lost.estimated, lost.cost_nanousd > 0) == (True, True)
    assert (refused.fault, refused.cost_nanousd) == (CallFault.RATE_LIMITED, 0)


async def test_interrupting_a_wait_for_the_rate_limiter_costs_nothing(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(hang=True)
    first = [asyncio.create_task(runner.run_attempt("colours", "stub/m-1")) for _ in range(2)]
    await wait_for_requests(endpoint, 2)
    async with runner.bus.tail.listen(TAIL) as frames:
        last = asyncio.create_task(runner.run_attempt("colours", "stub/m-1"))
        await wait_for_tail_text(frames, "2 of 2 concurrent requests in use")
    assert (await interrupt(last)).calls == ()
    for task in first:
        assert len((await interrupt(task)).calls) == 1


async def test_interrupting_a_wait_for_the_end_of_an_outage_sends_no_further_request(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(status=429, headers={"retry-after": "90"})
    ticket = await runner.ticket("colours", "stub/m-1", run_seconds_left=10_800.0)
    async with runner.bus.tail.listen(TAIL) as frames:
        running = asyncio.create_task(on_ticket(ticket, runner.ports))
        await wait_for_tail_text(frames, "waiting for provider, 1 min 30 s: stub/m-1 is rate limited (429)")
    (call,) = (await interrupt(running)).calls
    assert (call.fault, call.cost_nanousd, len(endpoint.bodies)) == (CallFault.RATE_LIMITED, 0, 1)


async def test_interrupting_a_wait_for_a_grant_costs_nothing(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    await FakeGrants(0, ["before"] * 100).serve(runner.bus.rpc)
    async with runner.bus.tail.listen(TAIL) as frames:
        running = asyncio.create_task(runner.run_attempt("colours", "stub/m-1", grant_nanousd=0))
        await wait_for_tail_text(frames, "waiting for a grant")
    assert (await interrupt(running)).calls == ()
    assert not endpoint.bodies


async def test_a_second_cancellation_charges_the_prompt_by_its_bytes(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    """There is no time left to count its tokens."""
    endpoint.default = Reply(hang=True)
    running = asyncio.create_task(runner.run_attempt("colours", "stub/m-1"))
    await wait_for_requests(endpoint)
    running.cancel()
    await asyncio.sleep(0)
    running.cancel()
    (call,) = (await running).calls
    prompt = sum(len(message["content"]) for message in endpoint.bodies[0]["messages"])
    assert call.usage == Usage(input_tokens=worst_prompt_tokens(prompt, 2), output_tokens=100)


async def test_a_request_cancelled_at_any_moment_is_booked_if_it_was_sent(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    """Every request is either not sent or booked."""
    calls: Counter[str] = Counter()
    for milliseconds in range(0, 24, 2):
        user = f"after {milliseconds} ms"
        model = ModelSpec(name="stub/m-1", parameters=Parameters(extra={"user": user}))
        ticket = msgspec.structs.replace(await runner.ticket("colours", "stub/m-1"), model=model)
        running = asyncio.create_task(on_ticket(ticket, runner.ports))
        await asyncio.sleep(milliseconds / 1000)
        running.cancel()
        calls[user] = len((await running).calls)
    await asyncio.sleep(0.1)
    assert Counter(body["user"] for body in endpoint.bodies) <= calls
