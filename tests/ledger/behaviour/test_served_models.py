"""Which models answered in a run; a run says so if one was replaced behind its name."""

from __future__ import annotations

from msgspec.structs import replace

from assay.contracts.attempts import Ticket
from assay.contracts.facts import RunChanged
from services.ledger.runs.served_models import MAX_NAMES, Served, add_names
from tests.ledger.harness import LedgerHarness, call, limited

MODEL = "openai/gpt-4o"


async def report(ledger: LedgerHarness, ticket: Ticket, *names: str) -> None:
    calls = [replace(call(ticket), call_id=f"{ticket.attempt_id}:{name}", served_model=name) for name in names]
    await ledger.report_executed(ticket, calls=tuple(calls))


async def changes(ledger: LedgerHarness, run_id: str) -> list[dict[str, tuple[str, ...]]]:
    """The models that changed, in each fact that the run has changed."""
    facts = [fact.data for fact in await ledger.events(run_id)]
    return [fact.run.changed_models for fact in facts if isinstance(fact, RunChanged)]


async def test_a_model_that_is_replaced_during_a_run_is_reported_once(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=6, models=(MODEL,), limits=limited("100"))
    first, *tickets = await ledger.start_attempts(run, slots=100)
    await report(ledger, first, "gpt-4o-05")
    assert (await ledger.runs.get(run.run_id)).changed_models == {}
    await report(ledger, tickets[0], "")
    for ticket, name in zip(tickets[1:], ("gpt-4o-05", "gpt-4o-08", "gpt-4o-08", "gpt-4o-05"), strict=True):
        await report(ledger, ticket, name)
    after = {MODEL: ("gpt-4o-05", "gpt-4o-08")}
    assert (await ledger.runs.get(run.run_id)).changed_models == after
    assert await changes(ledger, run.run_id) == [after]


async def test_a_replacement_within_one_batch_of_reports_is_seen(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1, models=(MODEL, "openai/o1"), limits=limited("100"))
    one, other = await ledger.start_attempts(run, slots=100)
    await report(ledger, one, "a", "b")
    await report(ledger, other, "c")
    found = (await ledger.runs.get(run.run_id)).changed_models
    assert found == {one.model.name: ("a", "b")}


async def test_a_late_report_changes_nothing(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=2, models=(MODEL,), limits=limited("100"))
    first, late = await ledger.start_attempts(run, slots=100)
    await report(ledger, first, "a")
    await ledger.supersede(late.attempt_id)
    await report(ledger, late, "b")
    assert (await ledger.runs.get(run.run_id)).changed_models == {}


def test_the_names_of_a_model_are_bounded() -> None:
    served = [Served("run", MODEL, f"name-{number}") for number in range(MAX_NAMES + 5)]
    assert len(add_names({}, served)[MODEL]) == MAX_NAMES
