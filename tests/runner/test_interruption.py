"""A try that is stopped, as it is when its lease is lost: what it has is kept and reported, and at once."""

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
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.fakes import Till
from tests.runner.harness import RUN, Room, asked, said

PROMPTLY_SECONDS = 10.0
"""Half of what anything that is waited for here would take, and more than a busy machine does."""
LONG_SECONDS = 20.0


TAIL = subjects.tail("default", RUN, f"{RUN}-7")


async def stopped(making: asyncio.Task[AttemptExecuted]) -> AttemptExecuted:
    making.cancel()
    report = await asyncio.wait_for(making, PROMPTLY_SECONDS)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == ("interrupted", True)
    return report


@pytest.fixture(autouse=True)
async def counted(runner: Room, served: Endpoint) -> None:
    """The tables for counting tokens are loaded: that takes half a second, once in a runner's life."""
    served.replies.append(Reply(usage=None))
    await runner.make("colours", "stub/m-1")
    served.bodies.clear()


async def test_what_a_model_said_so_far_is_kept(runner: Room, served: Endpoint) -> None:
    served.default = Reply(text="half of it", piece=5, silent_seconds=LONG_SECONDS, silent_after=1)
    async with runner.bus.tail.listen(TAIL) as frames:
        making = asyncio.create_task(runner.make("colours", "stub/m-1"))
        await said(frames, "half ")
    report = await stopped(making)
    assert await runner.read(report.artifacts["response.txt"]) == b"half "
    assert report.artifacts["response.txt"].truncated
    (call,) = report.calls
    assert (call.estimated, call.fault) == (True, CallFault.TIMEOUT)
    assert call.cost_nanousd > 0


async def test_of_a_reply_that_comes_whole_there_is_nothing_yet_but_its_cost(runner: Room, served: Endpoint) -> None:
    served.default = Reply(hang=True)
    spec = ModelSpec(name="stub/m-1", parameters=Parameters(stream=False))
    ticket = await runner.ticket("colours", "stub/m-1")
    making = asyncio.create_task(on_ticket(msgspec.structs.replace(ticket, model=spec), runner.ports))
    await asked(served)
    report = await stopped(making)
    assert await runner.read(report.artifacts["response.txt"]) == b""
    (call,) = report.calls
    assert (call.estimated, call.fault) == (True, CallFault.TIMEOUT)
    assert call.cost_nanousd > 0


async def test_what_was_said_before_the_line_broke_is_kept_while_another_request_waits(
    runner: Room, served: Endpoint
) -> None:
    served.replies.append(Reply(text="half of it", break_after=2, piece=5))
    served.default = Reply(status=429, headers={"retry-after": str(LONG_SECONDS)})
    async with runner.bus.tail.listen(TAIL) as frames:
        making = asyncio.create_task(runner.make("colours", "stub/m-1"))
        await said(frames, "429, again in")
    report = await stopped(making)
    assert await runner.read(report.artifacts["response.txt"]) == b"half "
    lost, refused = report.calls
    assert (lost.estimated, lost.cost_nanousd > 0) == (True, True)
    assert (refused.fault, refused.cost_nanousd) == (CallFault.RATE_LIMITED, 0)


async def test_who_waits_for_a_place_leaves_at_once_and_has_spent_nothing(runner: Room, served: Endpoint) -> None:
    served.default = Reply(hang=True)
    first = [asyncio.create_task(runner.make("colours", "stub/m-1")) for _ in range(2)]
    await asked(served, 2)
    async with runner.bus.tail.listen(TAIL) as frames:
        last = asyncio.create_task(runner.make("colours", "stub/m-1"))
        await said(frames, "2 of 2 places are taken")
    assert (await stopped(last)).calls == ()
    for one in first:
        assert len((await stopped(one)).calls) == 1


async def test_who_waits_for_money_does_too(runner: Room, served: Endpoint) -> None:
    await Till(0, ["before"] * 100).serve(runner.bus.rpc)
    async with runner.bus.tail.listen(TAIL) as frames:
        making = asyncio.create_task(runner.make("colours", "stub/m-1", grant_nanousd=0))
        await said(frames, "waiting for money")
    assert (await stopped(making)).calls == ()
    assert not served.bodies


async def test_one_stopped_twice_is_charged_by_the_bytes_of_its_prompt(runner: Room, served: Endpoint) -> None:
    """There was no time to count its tokens."""
    served.default = Reply(hang=True)
    making = asyncio.create_task(runner.make("colours", "stub/m-1"))
    await asked(served)
    making.cancel()
    await asyncio.sleep(0)
    making.cancel()
    (call,) = (await making).calls
    prompt = sum(len(message["content"]) for message in served.bodies[0]["messages"])
    assert call.usage == Usage(input_tokens=worst_prompt_tokens(prompt, 2), output_tokens=100)


async def test_a_request_answered_while_it_is_stopped_is_still_paid(runner: Room, served: Endpoint) -> None:
    """Stopped at any moment of a request, it is either not begun or booked."""
    calls: Counter[str] = Counter()
    for milliseconds in range(0, 24, 2):
        user = f"after {milliseconds} ms"
        model = ModelSpec(name="stub/m-1", parameters=Parameters(extra={"user": user}))
        ticket = msgspec.structs.replace(await runner.ticket("colours", "stub/m-1"), model=model)
        making = asyncio.create_task(on_ticket(ticket, runner.ports))
        await asyncio.sleep(milliseconds / 1000)
        making.cancel()
        calls[user] = len((await making).calls)
    await asyncio.sleep(0.1)
    assert Counter(body["user"] for body in served.bodies) <= calls
