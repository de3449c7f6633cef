"""Keys that the ledger stores: how a runner gets one, how long it keeps it, and what happens when it is replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from assay.contracts.models import CallFault, ModelSpec
from assay.contracts.providers import Provider, ProviderKind
from assay.contracts.rpc import CheckModels, ListOfferedModels, TestModel
from assay.contracts.verdicts import Outcome
from services.runner.errors import AuthenticationFailed
from services.runner.model_probe import on_models_check, on_models_list, on_models_test
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.keys.stored_keys import KeyAccess
from services.runner.models.open_provider import ModelHandle
from tests.fakes.providers.endpoint import FakeEndpoint, serve_endpoint
from tests.fakes.providers.reply import Reply
from tests.runner.harness import RunnerHarness

OLD, NEW = "sk-stored-old-0123456789", "sk-stored-new-0123456789"
ACCESS = KeyAccess(attempt_id="run-1", token=1)


class KeyedEndpoint(FakeEndpoint):
    """Accepts only ``key``."""

    key = OLD

    def reply_to(self, body: dict[str, Any]) -> Reply:
        accepted = self.headers[-1].get("authorization") == f"Bearer {self.key}"
        return super().reply_to(body) if accepted else Reply(status=401, text=f"wrong key {OLD}")


@pytest.fixture
async def endpoint() -> AsyncIterator[KeyedEndpoint]:
    async with serve_endpoint(KeyedEndpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def provider(runner: RunnerHarness, endpoint: KeyedEndpoint) -> Provider:
    """Its key is stored."""
    runner.providers.keys["mine"] = OLD
    return Provider(
        kind=ProviderKind.OPENAI, title="Mine", base_url=endpoint.url, any_model=True, local=True, stored_key=True
    )


async def hello(handle: ModelHandle) -> str:
    question = ModelRequest(messages=(ChatMessage(role="user", content="Say hello."),))
    return (await handle.model.complete(question, lambda text: None)).text


async def ask(runner: RunnerHarness, provider: Provider, access: KeyAccess = ACCESS) -> str:
    handle = await runner.models.open("mine/m", "", "", provider, access)
    try:
        return await hello(handle)
    finally:
        await handle.close()


async def test_a_try_is_called_with_the_key_of_its_lease(
    runner: RunnerHarness, endpoint: KeyedEndpoint, provider: Provider
) -> None:
    report = await runner.run_attempt("colours", "mine/m", provider=provider)
    assert report.outcome is None
    (opening,) = runner.providers.openings
    assert (opening.attempt_id, opening.token) == (report.attempt_id, report.token)
    assert opening.base_url == endpoint.url


async def test_tries_share_a_client_and_the_last_one_closes_it(
    runner: RunnerHarness, endpoint: KeyedEndpoint, provider: Provider
) -> None:
    first = await runner.models.open("mine/m", "", "", provider, ACCESS)
    await hello(first)
    await ask(runner, provider, KeyAccess(attempt_id="run-2", token=1))
    assert endpoint.connections == 1
    await first.close()
    assert await ask(runner, provider) == "hello world"
    assert endpoint.connections == 2


async def test_a_key_that_was_replaced_during_a_try_is_asked_for_again(
    runner: RunnerHarness, endpoint: KeyedEndpoint, provider: Provider
) -> None:
    handle = await runner.models.open("mine/m", "", "", provider, ACCESS)
    assert await hello(handle) == "hello world"
    runner.providers.keys["mine"] = endpoint.key = NEW
    assert [await hello(handle), await hello(handle)] == ["hello world"] * 2
    assert len(runner.providers.openings) == 2
    await handle.close()


async def test_many_requests_of_a_try_ask_once_for_the_new_key(
    runner: RunnerHarness, endpoint: KeyedEndpoint, provider: Provider
) -> None:
    handle = await runner.models.open("mine/m", "", "", provider, ACCESS)
    runner.providers.keys["mine"] = endpoint.key = NEW
    assert set(await asyncio.gather(*(hello(handle) for _ in range(10)))) == {"hello world"}
    assert len(runner.providers.openings) == 2
    await handle.close()


async def test_a_wrong_key_fails_without_showing_it(
    runner: RunnerHarness, endpoint: KeyedEndpoint, provider: Provider
) -> None:
    endpoint.key = NEW
    report = await runner.run_attempt("colours", "mine/m", provider=provider)
    assert report.fault is not None
    assert report.fault.kind == CallFault.AUTHENTICATION
    assert OLD not in report.reason


async def test_the_environment_takes_precedence(runner: RunnerHarness, provider: Provider) -> None:
    runner.providers.keys["mine"], runner.environment["MODEL_KEY_MINE"] = NEW, OLD
    assert await ask(runner, replace(provider, api_key_env="MODEL_KEY_MINE")) == "hello world"
    assert runner.providers.openings == []


async def test_a_provider_of_the_file_without_its_variable_uses_the_stored_key(runner: RunnerHarness) -> None:
    runner.providers.keys["keyless"] = OLD
    assert (await runner.run_attempt("colours", "keyless/m")).outcome is None


@pytest.mark.parametrize("variable", [None, "MODEL_KEY_MINE"])
async def test_a_missing_key_is_explained(runner: RunnerHarness, provider: Provider, variable: str | None) -> None:
    runner.providers.keys.clear()
    report = await runner.run_attempt("colours", "mine/m", provider=replace(provider, api_key_env=variable))
    assert report.outcome is Outcome.INFRA_ERROR
    assert "provider 'mine' has no key" in report.reason
    assert "store one with `assay models key mine`" in report.reason
    assert ("MODEL_KEY_MINE" in report.reason) == (variable is not None)


async def test_it_waits_for_a_ledger_that_is_away(runner: RunnerHarness, provider: Provider) -> None:
    runner.providers.unavailable = 2
    assert await ask(runner, provider) == "hello world"


async def test_questions_open_it_by_their_permit(runner: RunnerHarness, provider: Provider) -> None:
    test = TestModel(model="mine/m", provider=provider, key_permit="a permit")
    assert (await on_models_test(test, runner.models)).ok
    question = ListOfferedModels(provider_id="mine", provider=provider, key_permit="a permit")
    assert [model.name for model in (await on_models_list(question, runner.models)).models] == ["alpha", "beta"]
    assert [opening.permit for opening in runner.providers.openings] == ["a permit"] * 2


async def test_without_a_claim_nothing_is_opened(runner: RunnerHarness, provider: Provider) -> None:
    with pytest.raises(AuthenticationFailed, match="has no key"):
        await ask(runner, provider, KeyAccess())
    assert runner.providers.openings == []


async def test_a_check_before_a_run_knows_that_a_key_is_stored(runner: RunnerHarness, provider: Provider) -> None:
    check = CheckModels(models=(ModelSpec(name="mine/m"),), providers={"mine": provider}, stored_keys=("mine",))
    assert (await on_models_check(check, runner.models)).problems == ()
    (problem,) = (await on_models_check(replace(check, stored_keys=()), runner.models)).problems
    assert problem.fault is CallFault.AUTHENTICATION
    assert runner.providers.openings == []
