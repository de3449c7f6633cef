"""Model providers in the ledger: added, changed, removed, and given to the runners of their models."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from assay.contracts.models import ModelSpec
from assay.contracts.problems import ProblemError
from assay.contracts.providers import ModelEntry, Provider, ProviderKind
from assay.contracts.rpc import PutProvider, RemoveProvider
from assay.contracts.runs import ModelPin
from tests.ledger.harness import PRICE, LedgerHarness, plan

PROVIDER = Provider(
    kind=ProviderKind.OPENAI,
    title="Mine",
    base_url="http://10.0.0.1:8000/v1",
    models=(ModelEntry(name="small"),),
)
CHANGED = msgspec.structs.replace(PROVIDER, base_url="http://10.0.0.2:8000/v1")
MODELS = (
    ModelPin(model=ModelSpec(name="mine/small"), price=PRICE, registered=True),
    ModelPin(model=ModelSpec(name="listed/big"), price=PRICE),
)


def put(provider: Provider = PROVIDER, revision: int = 0, name: str = "mine") -> PutProvider:
    return PutProvider(provider_id=name, provider=provider, revision=revision)


async def test_a_provider_is_added_changed_and_removed(ledger: LedgerHarness) -> None:
    added = await ledger.providers.put(put())
    await ledger.providers.put(put(name="another"))
    changed = await ledger.providers.put(put(CHANGED, added.revision))
    assert (added.revision, changed.revision, changed.provider) == (1, 2, CHANGED)
    assert [each.provider_id for each in (await ledger.providers.all()).items] == ["another", "mine"]
    assert await ledger.providers.remove(RemoveProvider(provider_id="mine")) == changed
    assert [each.provider_id for each in (await ledger.providers.all()).items] == ["another"]


async def test_a_repeated_change_is_answered_as_the_first(ledger: LedgerHarness) -> None:
    """A request whose reply was lost is sent again."""
    assert await ledger.providers.put(put()) == await ledger.providers.put(put())
    changed = await ledger.providers.put(put(CHANGED, 1))
    assert await ledger.providers.put(put(CHANGED, 1)) == changed


async def test_of_two_concurrent_changes_one_is_refused(ledger: LedgerHarness) -> None:
    await ledger.providers.put(put())
    others = [msgspec.structs.replace(PROVIDER, title=f"Title {number}") for number in range(4)]
    done = await asyncio.gather(*(ledger.providers.put(put(other, 1)) for other in others), return_exceptions=True)
    refused = [each.problem.code for each in done if isinstance(each, ProblemError)]
    assert refused == ["provider_changed"] * 3
    ((stored,),) = [(await ledger.providers.all()).items]
    assert (stored.revision, stored) == (2, *[each for each in done if not isinstance(each, BaseException)])


@pytest.mark.parametrize(
    ("revision", "code"), [(1, "provider_changed"), (7, "provider_changed")], ids=["of a new one", "of no one"]
)
async def test_a_revision_that_is_not_stored_cannot_be_replaced(
    ledger: LedgerHarness, revision: int, code: str
) -> None:
    with pytest.raises(ProblemError) as caught:
        await ledger.providers.put(put(revision=revision))
    assert (caught.value.problem.code, caught.value.problem.status) == (code, 409)
    with pytest.raises(ProblemError, match="no provider 'mine'"):
        await ledger.providers.remove(RemoveProvider(provider_id="mine"))


async def test_tickets_carry_the_provider_as_it_is_when_they_are_claimed(ledger: LedgerHarness) -> None:
    await ledger.providers.put(put())
    run = await ledger.submit_plan(msgspec.structs.replace(plan(samples=2), models=MODELS))
    await ledger.providers.put(put(CHANGED, 1))
    tickets = await ledger.start_attempts(run)
    found = {ticket.model.name: ticket.provider for ticket in tickets}
    assert found == {"mine/small": CHANGED, "listed/big": None}


async def test_a_ticket_lacks_a_provider_that_was_removed(ledger: LedgerHarness) -> None:
    await ledger.providers.put(put())
    run = await ledger.submit_plan(msgspec.structs.replace(plan(samples=1), models=MODELS[:1]))
    await ledger.providers.remove(RemoveProvider(provider_id="mine"))
    (ticket,) = await ledger.start_attempts(run)
    assert ticket.provider is None
