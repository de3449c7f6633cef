"""A provider that has one model loaded at a time gets attempts of one model at a time, over all runs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from assay.contracts.attempts import Ticket
from assay.contracts.rpc import GetModelUse, GetWantedSlots
from assay.contracts.runs import RunView, WaitReason
from assay.contracts.verdicts import Outcome
from tests.ledger.harness import LedgerHarness, executed, plan

A, B = "lab/a", "lab/b"


async def submit(ledger: LedgerHarness, *models: str, samples: int = 2) -> RunView:
    return await ledger.submit(models=models, samples=samples, one_model_at_a_time=True, provider_concurrency=4)


async def end(ledger: LedgerHarness, tickets: Sequence[Ticket]) -> None:
    await ledger.reports.executed([executed(ticket, outcome=Outcome.AGENT_ERROR) for ticket in tickets])


def models(tickets: Sequence[Ticket]) -> set[str]:
    return {ticket.model.name for ticket in tickets}


async def test_the_next_model_begins_when_no_attempt_of_the_last_one_is_queued_or_running(
    ledger: LedgerHarness,
) -> None:
    run = await submit(ledger, A, B)
    first = await ledger.start_attempts(run)
    assert (models(first), len(first)) == ({A}, 2)
    waits = (await ledger.runs.get(run.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.MODEL_TURN
    assert waits.detail == "lab/b waits for the attempts of lab/a: lab has one model loaded at a time"
    await end(ledger, first[:1])
    assert await ledger.start_attempts(run) == ()
    await end(ledger, first[1:])
    second = await ledger.start_attempts(run)
    assert (models(second), len(second)) == ({B}, 2)
    assert (await ledger.runs.get(run.run_id)).waits is None


async def test_runs_share_a_turn_which_later_ones_do_not_prolong(ledger: LedgerHarness) -> None:
    older = await submit(ledger, A, B)
    later = await submit(ledger, A, samples=6)
    first = await ledger.start_attempts(older)
    joined = await ledger.start_attempts(later)
    assert models(first) | models(joined) == {A}
    assert len(first) + len(joined) == 4
    await end(ledger, [*first, *joined])
    rest = await ledger.start_attempts(older)
    while models(rest) == {A}:
        await end(ledger, rest)
        rest = await ledger.start_attempts(older)
    assert models(rest) == {B}
    assert await ledger.start_attempts(later) == ()
    waits = (await ledger.runs.get(later.run_id)).waits
    assert waits is not None and waits.reason is WaitReason.MODEL_TURN
    await end(ledger, rest)
    assert models(await ledger.start_attempts(later)) == {A}


async def test_the_demand_counts_one_model(ledger: LedgerHarness) -> None:
    await submit(ledger, A, B, samples=3)
    slots = await ledger.wanted_slots.get(GetWantedSlots())
    assert slots.run is not None and slots.run.wanted_slots == 3


async def test_other_models_of_a_run_are_not_held_back(ledger: LedgerHarness) -> None:
    mixed = plan(models=(A, B, "openai/x"), samples=1, one_model_at_a_time=True)
    pins = (*mixed.models[:2], msgspec.structs.replace(mixed.models[2], one_model_at_a_time=False))
    run = await ledger.submit_plan(msgspec.structs.replace(mixed, models=pins))
    assert models(await ledger.start_attempts(run)) == {A, "openai/x"}


async def test_a_model_is_in_use_while_attempts_are_queued_or_running(ledger: LedgerHarness) -> None:
    async def in_use(model: str) -> int:
        return (await ledger.model_use.get(GetModelUse(model=model))).attempts

    run = await submit(ledger, A, B)
    assert await in_use(A) == 0
    await ledger.add_runner(4)
    await ledger.scheduler.schedule()
    assert (await in_use(A), await in_use(B)) == (2, 0)
    tickets = await ledger.start_attempts(run)
    assert await in_use(A) == 2
    await end(ledger, tickets)
    assert await in_use(A) == 0
