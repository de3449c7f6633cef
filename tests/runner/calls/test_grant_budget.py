"""No request is sent before its worst case is granted."""

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
from tests.fakes.ledger.grants import FakeGrants
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import PRICE, RUN, RunnerHarness

PROMPT = ("You answer with one word.", "Which colour is this?\n\nThe sky by day.")
WORST = PRICE.worst_case(input_tokens=worst_prompt_tokens(sum(map(len, PROMPT)), 2), output_tokens=100)
PLENTY = 10**12


async def fake_grants(runner: RunnerHarness, limit_nanousd: int = PLENTY, faults: tuple[str, ...] = ()) -> FakeGrants:
    return await FakeGrants(limit_nanousd, faults).serve(runner.bus.rpc)


# --- before a request


async def test_a_request_within_the_grant_needs_no_top_up(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    grants = await fake_grants(runner)
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST)
    assert report.outcome is None
    assert not grants.requests


async def test_a_request_over_the_grant_asks_for_the_missing_amount(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    grants = await fake_grants(runner)
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST - 1)
    assert report.outcome is None
    (request,) = grants.requests
    assert (request.attempt_id, request.token, request.amount_nanousd) == (f"{RUN}-7", 3, 1)


async def test_a_refused_grant_ends_the_attempt_as_limit_without_a_request(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    grants = await fake_grants(runner, limit_nanousd=5)
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST - 6)
    assert report.outcome is Outcome.LIMIT
    assert report.fault is not None and report.fault.kind == "budget"
    assert "the run's limit has $0.000000005 left" in report.reason
    assert (report.calls, endpoint.bodies) == ((), [])
    assert len(grants.requests) == 1, "an answered request is not repeated"


async def test_a_lost_lease_interrupts_the_try(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    (await fake_grants(runner)).lost = True
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=0)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == ("interrupted", True)
    assert not endpoint.bodies


@pytest.mark.parametrize("price", [None, Price(version="local", local=True)], ids=["none", "local"])
async def test_a_free_model_needs_no_grant(runner: RunnerHarness, endpoint: FakeEndpoint, price: Price | None) -> None:
    grants = await fake_grants(runner, limit_nanousd=0)
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=0, price=price)
    assert (report.outcome, grants.requests) == (None, [])


# --- while the ledger does not answer


async def test_the_same_top_up_is_repeated_until_the_ledger_answers(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    """The waits add up to 5.1 s."""
    grants = await fake_grants(runner, faults=("before", "after", "before", "before", "before", "before"))
    limits = Limits(wall_seconds=4, max_tokens=100)
    async with runner.bus.tail.listen(subjects.tail("default", RUN, f"{RUN}-7")) as frames:
        report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST - 3, limits=limits)
        texts = [decode(TailLine, await anext(frames)).text for _ in range(2)]
    assert report.outcome is None, "waiting for the ledger does not count as wall time"
    assert report.duration_seconds < 4
    assert len({request.request_id for request in grants.requests}) == 1
    assert len(grants.requests) == 7
    assert grants.granted[f"{RUN}-7"] == 3
    assert texts == ["calling the model", "waiting for a grant: no database"]


async def test_a_missing_ledger_is_waited_for_until_the_lease_is_lost(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    running = asyncio.create_task(runner.run_attempt("colours", "stub/m-1", grant_nanousd=0))
    await asyncio.sleep(0.3)
    assert not running.done()
    running.cancel()
    report = await asyncio.wait_for(running, 20)
    assert report.fault is not None
    assert (report.fault.kind, report.calls, endpoint.bodies) == ("interrupted", (), [])


# --- after a request


async def test_a_retry_needs_a_new_grant(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    grants = await fake_grants(runner)
    endpoint.replies.append(Reply(hang_up=True))
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST)
    lost, answered = report.calls
    assert (lost.estimated, lost.fault) == (True, CallFault.CONNECTION)
    assert [request.amount_nanousd for request in grants.requests] == [lost.cost_nanousd]
    assert answered.cost_nanousd == PRICE.cost(input_tokens=11, output_tokens=7)


async def test_the_lost_request_is_booked_if_the_retry_is_not_granted(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    await fake_grants(runner, limit_nanousd=0)
    endpoint.replies.extend([Reply(status=500), Reply(hang_up=True)])
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST)
    assert report.outcome is Outcome.LIMIT
    (lost,) = report.calls
    assert (lost.estimated, lost.retries) == (True, 1)
    assert 0 < lost.cost_nanousd <= WORST


async def test_retries_after_free_failures_need_no_new_grant(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    grants = await fake_grants(runner, limit_nanousd=0)
    endpoint.replies.extend([Reply(status=500), Reply(status=429)])
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST)
    assert (report.outcome, grants.requests) == (None, [])


async def test_reported_usage_is_booked_even_above_the_worst_case(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default.usage = {"prompt_tokens": 5000, "completion_tokens": 900}
    (call,) = (await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST)).calls
    assert call.cost_nanousd == PRICE.cost(input_tokens=5000, output_tokens=900) > WORST
    assert not call.estimated


@pytest.mark.parametrize("text", ["🜁𓀀" * 40, "word " * 60], ids=["rare", "plain"])
async def test_a_lost_request_never_costs_more_than_the_worst_case(
    runner: RunnerHarness, endpoint: FakeEndpoint, text: str
) -> None:
    """Includes text with nearly as many tokens as bytes."""
    runner.catalog.root.joinpath("tasks/colours/instructions.md").write_text(text)
    manifest = runner.catalog.root / "tasks/colours/task.yaml"
    manifest.write_text(manifest.read_text().replace("instructions: Which colour is this?\n", ""))
    endpoint.default = Reply(hang_up=True)
    await fake_grants(runner, limit_nanousd=0)
    prompt = worst_prompt_tokens(len(text.strip().encode()) + len("\n\nThe sky by day.") + len(PROMPT[0]), 2)
    worst = PRICE.worst_case(input_tokens=prompt, output_tokens=100)
    report = await runner.run_attempt("colours", "stub/m-1", grant_nanousd=worst)
    assert report.outcome is Outcome.LIMIT
    assert 0 < report.calls[0].cost_nanousd <= worst


async def test_an_estimate_never_exceeds_what_was_allowed(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="blue " * 500, usage=None)
    (call,) = (await runner.run_attempt("colours", "stub/m-1", grant_nanousd=WORST)).calls
    assert (call.estimated, call.usage.output_tokens) == (True, 100)
    assert call.cost_nanousd <= WORST


async def test_reasoning_tokens_are_charged_at_their_own_price(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    price = msgspec.structs.replace(PRICE, reasoning_nanousd_per_mtok=40_000_000_000)
    details = {"completion_tokens_details": {"reasoning_tokens": 3}}
    endpoint.default.usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    endpoint.replies.append(Reply(hang_up=True))
    lost, answered = (await runner.run_attempt("colours", "stub/m-1", price=price)).calls
    assert lost.cost_nanousd == price.worst_case(input_tokens=31, output_tokens=100)
    assert answered.usage == Usage(input_tokens=11, output_tokens=7, reasoning_tokens=3)
    # 11 x 2500 + 4 x 10000.000001 + 3 x 40000, rounded up
    assert answered.cost_nanousd == 27_500 + 40_001 + 120_000
