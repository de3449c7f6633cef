"""A try that is stopped, as it is when its lease is lost: what it has is kept and reported, and at once."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.models import CallFault, ModelSpec, Parameters, Usage
from assay.contracts.money import worst_prompt_tokens
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.room import Room
from tests.runner.till import Till

PROMPTLY_SECONDS = 0.25


async def stopped(making: asyncio.Task[AttemptExecuted]) -> AttemptExecuted:
    started = time.monotonic()
    making.cancel()
    report = await making
    assert time.monotonic() - started < PROMPTLY_SECONDS
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


async def asked(served: Endpoint) -> None:
    while not served.bodies:
        await asyncio.sleep(0.01)


async def test_what_a_model_said_so_far_is_kept(runner: Room, served: Endpoint) -> None:
    served.default = Reply(text="half of it", piece=5, pause_seconds=0.15)
    making = asyncio.create_task(runner.make("colours", "stub/m-1"))
    await asked(served)
    await asyncio.sleep(0.25)
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
    served.default = Reply(status=429, headers={"retry-after": "0.9"})
    making = asyncio.create_task(runner.make("colours", "stub/m-1"))
    while len(served.bodies) < 2:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    report = await stopped(making)
    assert await runner.read(report.artifacts["response.txt"]) == b"half "
    lost, refused = report.calls
    assert (lost.estimated, lost.cost_nanousd > 0) == (True, True)
    assert (refused.fault, refused.cost_nanousd) == (CallFault.RATE_LIMITED, 0)


async def test_who_waits_for_a_place_leaves_at_once_and_has_spent_nothing(runner: Room, served: Endpoint) -> None:
    served.default = Reply(hang=True)
    *first, last = [asyncio.create_task(runner.make("colours", "stub/m-1")) for _ in range(3)]
    while len(served.bodies) < 2:
        await asyncio.sleep(0.01)
    assert (await stopped(last)).calls == ()
    for one in first:
        assert len((await stopped(one)).calls) == 1


async def test_who_waits_for_money_does_too(runner: Room, served: Endpoint) -> None:
    await Till(0, ["before"] * 100).serve(runner.bus.rpc)
    making = asyncio.create_task(runner.make("colours", "stub/m-1", grant_nanousd=0))
    await asyncio.sleep(0.2)
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
    for milliseconds in range(0, 24, 2):
        served.bodies.clear()
        making = asyncio.create_task(runner.make("colours", "stub/m-1"))
        await asyncio.sleep(milliseconds / 1000)
        making.cancel()
        report = await making
        assert len(report.calls) >= len(served.bodies)
