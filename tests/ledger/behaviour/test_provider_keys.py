"""Keys of providers in the ledger: encrypted at rest, given only for a lease or a permit and only for their address."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from assay.contracts.attempts import Ticket
from assay.contracts.judging import JudgeModel, Judging
from assay.contracts.models import ModelSpec
from assay.contracts.problems import ProblemError
from assay.contracts.providers import PROVIDER_KEY_PURPOSE, ModelEntry, Provider, ProviderKind
from assay.contracts.rpc import OpenProviderKey, PutProvider, PutProviderKey, RemoveProvider, RemoveProviderKey
from assay.contracts.runs import ModelPin
from assay.sealing.sealed_box import Recipient, seal
from services.ledger.providers.key_encryption import KeyEncryption
from services.ledger.providers.key_permits import VALID_SECONDS, KeyPermits
from services.ledger.providers.key_store import KeyStore
from services.ledger.providers.master_key import MasterKey
from services.ledger.runs.plans import Plans
from tests.ledger.harness import MASTER_KEYS, PRICE, LedgerHarness, plan

SECRET, NEW = "sk-canary-0123456789", "sk-canary-9876543210"
URL = "https://models.example.org/v1"
PROVIDER = Provider(
    kind=ProviderKind.OPENAI, title="Mine", base_url=URL, stored_key=True, models=(ModelEntry(name="small"),)
)
MINE = ModelPin(model=ModelSpec(name="mine/small"), price=PRICE, registered=True)
LISTED = ModelPin(model=ModelSpec(name="listed/big"), price=PRICE)


class Runner:
    """Opens keys as a runner does."""

    def __init__(self, ledger: LedgerHarness) -> None:
        self._ledger, self._recipient = ledger, Recipient()

    async def open(self, ticket: Ticket | None = None, name: str = "mine", url: str | None = URL, **more: str) -> str:
        lease: dict[str, Any] = {"attempt_id": ticket.attempt_id, "token": ticket.token} if ticket else {}
        asked: dict[str, Any] = {"provider_id": name, "base_url": url, **lease, **more}
        found = await self._ledger.keys.open(OpenProviderKey(recipient=self._recipient.public_key, **asked))
        return self._recipient.open(found.sealed, PROVIDER_KEY_PURPOSE)

    async def refused(self, *arguments: Any, **more: Any) -> str:
        with pytest.raises(ProblemError) as caught:
            await self.open(*arguments, **more)
        return caught.value.problem.code


@pytest.fixture
def runner(ledger: LedgerHarness) -> Runner:
    return Runner(ledger)


async def put_key(ledger: LedgerHarness, secret: str = SECRET, name: str = "mine", revision: int = 1) -> None:
    assert ledger.keys.recipient is not None
    sealed = seal(secret, ledger.keys.recipient, PROVIDER_KEY_PURPOSE)
    await ledger.keys.put(PutProviderKey(provider_id=name, sealed=sealed, revision=revision))


async def add(ledger: LedgerHarness, secret: str = SECRET) -> None:
    await ledger.providers.put(PutProvider(provider_id="mine", provider=PROVIDER, revision=0))
    await put_key(ledger, secret)


async def start(ledger: LedgerHarness, models: Sequence[ModelPin] = (MINE,)) -> list[Ticket]:
    run = await ledger.submit_plan(msgspec.structs.replace(plan(samples=1), models=tuple(models)))
    return list(await ledger.start_attempts(run))


async def test_a_lease_opens_the_key_of_its_model(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    (ticket,) = await start(ledger)
    assert await runner.open(ticket) == SECRET


async def test_nothing_in_the_database_shows_it(ledger: LedgerHarness) -> None:
    await add(ledger)
    (row,) = await ledger.table("provider_keys")
    stored = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    assert SECRET.encode() not in stored
    assert (row["revision"], row["last_used_at"]) == (1, None)


async def test_no_other_lease_opens_it(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    mine, listed = sorted(await start(ledger, (MINE, LISTED)), key=lambda ticket: ticket.model.name, reverse=True)
    assert await runner.refused(listed) == "no_stored_key"
    assert await runner.refused() == "no_stored_key"
    assert await runner.refused(msgspec.structs.replace(mine, token=mine.token + 1)) == "no_stored_key"
    assert await runner.refused(msgspec.structs.replace(mine, attempt_id="none-1")) == "no_stored_key"
    await ledger.set_past("attempts", "lease_until", 1)
    assert await runner.refused(mine) == "no_stored_key"


async def test_the_lease_of_a_grading_opens_the_key_of_its_judge_alone(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    await put_key(ledger, NEW, "listed", revision=0)
    judge = JudgeModel(model=MINE.model, price=PRICE, registered=True)
    graded = plan(samples=1)
    task = msgspec.structs.replace(
        graded.tasks[0], judging=Judging(models=("mine/small",), requests=1, prompt_bytes=1, max_tokens=1)
    )
    run = await ledger.submit_plan(msgspec.structs.replace(graded, tasks=(task,), models=(LISTED,), judges=(judge,)))
    (ticket,) = await ledger.start_attempts(run)
    assert await runner.refused(ticket) == "no_stored_key"
    await ledger.report_executed(ticket)
    (grading,) = (await ledger.claim([ticket.attempt_id], ledger.JUDGE, "judge")).granted
    assert await runner.open(grading) == SECRET
    assert await runner.refused(grading, name="listed", url=None) == "no_stored_key"


async def test_it_is_not_given_for_another_address(ledger: LedgerHarness, runner: Runner) -> None:
    """A runner whose ticket is older than the provider's new address."""
    await add(ledger)
    (ticket,) = await start(ledger)
    assert await runner.refused(ticket, url="https://evil.example.org/v1") == "no_stored_key"
    assert await runner.refused(ticket, url=None) == "no_stored_key"


async def test_the_address_of_a_provider_with_a_key_cannot_be_changed(ledger: LedgerHarness) -> None:
    await add(ledger)
    moved = msgspec.structs.replace(PROVIDER, base_url="https://evil.example.org/v1")
    with pytest.raises(ProblemError) as caught:
        await ledger.providers.put(PutProvider(provider_id="mine", provider=moved, revision=1))
    assert caught.value.problem.code == "provider_has_key"
    renamed = msgspec.structs.replace(PROVIDER, title="Renamed")
    assert (await ledger.providers.put(PutProvider(provider_id="mine", provider=renamed, revision=1))).revision == 2


async def test_a_key_for_another_revision_of_the_provider_is_refused(ledger: LedgerHarness) -> None:
    """Its address was changed while the user typed the key."""
    await ledger.providers.put(PutProvider(provider_id="mine", provider=PROVIDER, revision=0))
    for revision in (0, 2):
        with pytest.raises(ProblemError) as caught:
            await put_key(ledger, revision=revision)
        assert caught.value.problem.code == "provider_changed"


async def test_a_key_of_a_file_is_not_given_to_a_provider_that_takes_its_name(
    ledger: LedgerHarness, runner: Runner
) -> None:
    await put_key(ledger, name="listed", revision=0)
    (ticket,) = await start(ledger, [LISTED])
    assert await runner.open(ticket, "listed") == SECRET
    await ledger.providers.put(PutProvider(provider_id="listed", provider=PROVIDER, revision=0))
    (theirs,) = await start(ledger, [msgspec.structs.replace(LISTED, registered=True)])
    assert await runner.refused(theirs, "listed") == "no_stored_key"


async def test_a_removed_provider_takes_its_key_with_it(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    await ledger.providers.remove(RemoveProvider(provider_id="mine"))
    await ledger.providers.put(PutProvider(provider_id="mine", provider=PROVIDER, revision=0))
    (ticket,) = await start(ledger)
    assert await runner.refused(ticket) == "no_stored_key"


async def test_a_removed_key_is_gone(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    (ticket,) = await start(ledger)
    await ledger.keys.remove(RemoveProviderKey(provider_id="mine"))
    assert await runner.refused(ticket) == "no_stored_key"
    with pytest.raises(ProblemError, match="No key of 'mine'"):
        await ledger.keys.remove(RemoveProviderKey(provider_id="mine"))


async def test_a_permit_opens_it_for_some_minutes(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    (state,) = (await ledger.providers.all()).keys
    assert await runner.open(permit=state.permit) == SECRET
    until, _, code = state.permit.partition(".")
    for forged in (f"{int(until) + 60}.{code}", f"{until}.{'0' * len(code)}", f"{until}.", ".", f"-1.{code}", "x"):
        assert await runner.refused(permit=forged) == "no_stored_key"
    await put_key(ledger, NEW)
    assert await runner.open(permit=state.permit) == NEW
    await put_key(ledger, NEW, "listed", revision=0)
    assert await runner.refused(name="listed", permit=state.permit) == "no_stored_key"


def test_a_permit_runs_out() -> None:
    now = 1_000_000.0
    permits = KeyPermits(KeyEncryption(MASTER_KEYS), lambda: now)
    permit = permits.issue("mine")
    now += VALID_SECONDS - 1
    assert permits.accepts(permit, "mine")
    assert not permits.accepts(permit, "other")
    now += 2
    assert not permits.accepts(permit, "mine")


async def test_it_is_replaced_while_it_is_in_use(ledger: LedgerHarness, runner: Runner) -> None:
    """Case 50 of docs/faults.md: no request fails, and each gets the old key or the new one."""
    await add(ledger)
    (ticket,) = await start(ledger)

    async def open_often() -> list[str]:
        return [await runner.open(ticket) for _ in range(20)]

    async def replace() -> list[str]:
        for number in range(10):
            await put_key(ledger, NEW if number % 2 == 0 else SECRET)
        await put_key(ledger, NEW)
        return []

    opened = await asyncio.gather(*(open_often() for _ in range(8)), replace())
    assert {key for keys in opened for key in keys} <= {SECRET, NEW}
    assert await runner.open(ticket) == NEW
    (state,) = (await ledger.providers.all()).keys
    assert state.key.revision == 12


async def test_the_last_use_is_shown_to_the_minute(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    (ticket,) = await start(ledger)
    await runner.open(ticket)
    (first,) = (await ledger.providers.all()).keys
    await runner.open(ticket)
    (again,) = (await ledger.providers.all()).keys
    assert first.key.last_used_at is not None
    assert again.key.last_used_at == first.key.last_used_at
    await ledger.set_past("provider_keys", "last_used_at", 90)
    await runner.open(ticket)
    (later,) = (await ledger.providers.all()).keys
    assert later.key.last_used_at is not None
    assert later.key.last_used_at >= first.key.last_used_at


async def test_a_new_master_key_takes_over(ledger: LedgerHarness, runner: Runner) -> None:
    await add(ledger)
    (ticket,) = await start(ledger)
    new = MasterKey(secret=b"n" * 32)
    ledger.keys = KeyStore(ledger.database, Plans(), (new, *MASTER_KEYS))
    assert await runner.open(ticket) == SECRET
    await ledger.keys.rewrap()
    ledger.keys = KeyStore(ledger.database, Plans(), (new,))
    assert await runner.open(ticket) == SECRET


async def test_without_the_master_key_it_is_unreadable_and_the_remedy_is_named(
    ledger: LedgerHarness, runner: Runner
) -> None:
    await add(ledger)
    (ticket,) = await start(ledger)
    ledger.keys = KeyStore(ledger.database, Plans(), (MasterKey(secret=b"x" * 32),))
    await ledger.keys.rewrap()
    with pytest.raises(ProblemError, match="ASSAY_MASTER_KEY") as caught:
        await runner.open(ticket)
    assert (caught.value.problem.code, caught.value.problem.status) == ("keys_unavailable", 503)


async def test_a_ledger_without_a_master_key_stores_none(ledger: LedgerHarness, runner: Runner) -> None:
    ledger.keys = KeyStore(ledger.database, Plans(), ())
    assert ledger.keys.recipient is None
    with pytest.raises(ProblemError, match="ASSAY_MASTER_KEY") as caught:
        await ledger.keys.put(PutProviderKey(provider_id="mine", sealed=b"x", revision=0))
    assert caught.value.problem.status == 503
    assert await runner.refused() == "no_stored_key"


async def test_ciphertexts_cannot_be_exchanged(ledger: LedgerHarness, runner: Runner) -> None:
    """Whoever can write to the database cannot give one provider another's key."""
    await add(ledger)
    await put_key(ledger, NEW, "listed", revision=0)
    await ledger.rows(
        "UPDATE provider_keys SET (wrapped_key, nonce, ciphertext) = "
        "(SELECT wrapped_key, nonce, ciphertext FROM provider_keys WHERE provider_id = 'listed')"
    )
    (ticket,) = await start(ledger)
    with pytest.raises(ProblemError, match="damaged"):
        await runner.open(ticket)


async def test_a_key_sealed_to_another_ledger_is_refused(ledger: LedgerHarness) -> None:
    sealed = seal(SECRET, Recipient().public_key, PROVIDER_KEY_PURPOSE)
    with pytest.raises(ProblemError) as caught:
        await ledger.keys.put(PutProviderKey(provider_id="mine", sealed=sealed, revision=0))
    assert caught.value.problem.code == "sealed_to_another"
