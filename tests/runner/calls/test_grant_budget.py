"""No request leaves before its worst case is granted."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from assay.contracts import subjects
from assay.contracts.codec import decode
from assay.contracts.models import CallFault, Usage
from assay.contracts.money import Price, worst_prompt_tokens
from assay.contracts.tail import TailLine
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.fakes import Till
from tests.runner.harness import PRICE, RUN, Room

PROMPT = ("You answer with one word.", "Which colour is this?\n\nThe sky by day.")
WORST = PRICE.worst_case(input_tokens=worst_prompt_tokens(sum(map(len, PROMPT)), 2), output_tokens=100)
PLENTY = 10**12


async def till(runner: Room, limit_nanousd: int = PLENTY, faults: tuple[str, ...] = ()) -> Till:
    return await Till(limit_nanousd, faults).serve(runner.bus.rpc)


# --- room for a request


async def test_a_request_that_fits_the_grant_asks_nobody(runner: Room, served: Endpoint) -> None:
    ledger = await till(runner)
    report = await runner.make("colours", "stub/m-1", grant_nanousd=WORST)
    assert report.outcome is None
    assert not ledger.asked


async def test_one_that_does_not_asks_for_what_is_missing(runner: Room, served: Endpoint) -> None:
    ledger = await till(runner)
    report = await runner.make("colours", "stub/m-1", grant_nanousd=WORST - 1)
    assert report.outcome is None
    (asked,) = ledger.asked
    assert (asked.attempt_id, asked.token, asked.amount_nanousd) == (f"{RUN}-7", 3, 1)


async def test_what_is_not_granted_is_not_asked_and_ends_the_attempt_as_limit(runner: Room, served: Endpoint) -> None:
    ledger = await till(runner, limit_nanousd=5)
    report = await runner.make("colours", "stub/m-1", grant_nanousd=WORST - 6)
    assert report.outcome is Outcome.LIMIT
    assert report.fault is not None and report.fault.kind == "budget"
    assert "the run's limit has $0.000000005 left" in report.reason
    assert (report.calls, served.bodies) == ((), [])
    assert len(ledger.asked) == 1, "asked once, for it was answered"


async def test_a_lease_that_the_ledger_gave_to_others_stops_the_try(runner: Room, served: Endpoint) -> None:
    (await till(runner)).lost = True
    report = await runner.make("colours", "stub/m-1", grant_nanousd=0)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == ("interrupted", True)
    assert not served.bodies


@pytest.mark.parametrize("price", [None, Price(version="local", local=True)], ids=["none", "local"])
async def test_what_is_free_needs_no_grant(runner: Room, served: Endpoint, price: Price | None) -> None:
    ledger = await till(runner, limit_nanousd=0)
    report = await runner.make("colours", "stub/m-1", grant_nanousd=0, price=price)
    assert (report.outcome, ledger.asked) == (None, [])


# --- a ledger that is away


async def test_a_ledger_that_is_away_is_asked_again_by_the_same_request(runner: Room, served: Endpoint) -> None:
    """For 5.1 s in all."""
    ledger = await till(runner, faults=("before", "after", "before", "before", "before", "before"))
    limits = Limits(wall_seconds=4, max_tokens=100)
    async with runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        report = await runner.make("colours", "stub/m-1", grant_nanousd=WORST - 3, limits=limits)
        said = [decode(TailLine, await anext(frames)).text for _ in range(2)]
    assert report.outcome is None, "waiting for the ledger is not on the clock"
    assert report.duration_seconds < 4
    assert len({request.request_id for request in ledger.asked}) == 1
    assert len(ledger.asked) == 7
    assert ledger.granted[f"{RUN}-7"] == 3
    assert said == ["calling the model", "waiting for money: no database"]


async def test_nobody_on_the_bus_is_waited_for_until_the_lease_is_lost(runner: Room, served: Endpoint) -> None:
    making = asyncio.create_task(runner.make("colours", "stub/m-1", grant_nanousd=0))
    await asyncio.sleep(0.3)
    assert not making.done()
    making.cancel()
    report = await asyncio.wait_for(making, 20)
    assert report.fault is not None
    assert (report.fault.kind, report.calls, served.bodies) == ("interrupted", (), [])


# --- what a request leaves of the grant


async def test_another_request_needs_room_again(runner: Room, served: Endpoint) -> None:
    ledger = await till(runner)
    served.replies.append(Reply(hang_up=True))
    report = await runner.make("colours", "stub/m-1", grant_nanousd=WORST)
    unseen, answered = report.calls
    assert (unseen.estimated, unseen.fault) == (True, CallFault.CONNECTION)
    assert [request.amount_nanousd for request in ledger.asked] == [unseen.cost_nanousd]
    assert answered.cost_nanousd == PRICE.cost(input_tokens=11, output_tokens=7)


async def test_without_room_for_another_the_unseen_one_is_still_reported(runner: Room, served: Endpoint) -> None:
    await till(runner, limit_nanousd=0)
    served.replies.extend([Reply(status=500), Reply(hang_up=True)])
    report = await runner.make("colours", "stub/m-1", grant_nanousd=WORST)
    assert report.outcome is Outcome.LIMIT
    (unseen,) = report.calls
    assert (unseen.estimated, unseen.retries) == (True, 1)
    assert 0 < unseen.cost_nanousd <= WORST


async def test_failures_that_cost_nothing_need_no_more(runner: Room, served: Endpoint) -> None:
    ledger = await till(runner, limit_nanousd=0)
    served.replies.extend([Reply(status=500), Reply(status=429)])
    report = await runner.make("colours", "stub/m-1", grant_nanousd=WORST)
    assert (report.outcome, ledger.asked) == (None, [])


async def test_usage_beyond_what_was_allowed_is_booked_as_reported(runner: Room, served: Endpoint) -> None:
    served.default.usage = {"prompt_tokens": 5000, "completion_tokens": 900}
    (call,) = (await runner.make("colours", "stub/m-1", grant_nanousd=WORST)).calls
    assert call.cost_nanousd == PRICE.cost(input_tokens=5000, output_tokens=900) > WORST
    assert not call.estimated


@pytest.mark.parametrize("text", ["🜁𓀀" * 40, "word " * 60], ids=["rare", "plain"])
async def test_what_nobody_saw_is_never_above_the_worst_case(runner: Room, served: Endpoint, text: str) -> None:
    """Texts of which tokenizers make nearly as many tokens as they have bytes."""
    runner.catalog.root.joinpath("tasks/colours/instructions.md").write_text(text)
    manifest = runner.catalog.root / "tasks/colours/task.yaml"
    manifest.write_text(manifest.read_text().replace("instructions: Which colour is this?\n", ""))
    served.default = Reply(hang_up=True)
    await till(runner, limit_nanousd=0)
    prompt = worst_prompt_tokens(len(text.strip().encode()) + len("\n\nThe sky by day.") + len(PROMPT[0]), 2)
    worst = PRICE.worst_case(input_tokens=prompt, output_tokens=100)
    report = await runner.make("colours", "stub/m-1", grant_nanousd=worst)
    assert report.outcome is Outcome.LIMIT
    assert 0 < report.calls[0].cost_nanousd <= worst


async def test_an_estimate_is_never_above_what_was_allowed(runner: Room, served: Endpoint) -> None:
    served.default = Reply(text="blue " * 500, usage=None)
    (call,) = (await runner.make("colours", "stub/m-1", grant_nanousd=WORST)).calls
    assert (call.estimated, call.usage.output_tokens) == (True, 100)
    assert call.cost_nanousd <= WORST


async def test_reasoning_that_costs_more_is_charged_as_such(runner: Room, served: Endpoint) -> None:
    price = msgspec.structs.replace(PRICE, reasoning_nanousd_per_mtok=40_000_000_000)
    details = {"completion_tokens_details": {"reasoning_tokens": 3}}
    served.default.usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    served.replies.append(Reply(hang_up=True))
    unseen, answered = (await runner.make("colours", "stub/m-1", price=price)).calls
    assert unseen.cost_nanousd == price.worst_case(input_tokens=31, output_tokens=100)
    assert answered.usage == Usage(input_tokens=11, output_tokens=7, reasoning_tokens=3)
    # 11 x 2500 + 4 x 10000.000001 + 3 x 40000, rounded up
    assert answered.cost_nanousd == 27_500 + 40_001 + 120_000
