"""A provider in the ledger gets no secret and no login of the runners, whatever the gateway let through."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from assay.contracts.providers import Cloud, Provider, ProviderKind, ProviderOptions
from services.runner.errors import CallMisconfigured
from services.runner.models import ChatMessage, ModelRequest
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RunnerHarness

SECRET = "sk-stub-secret"
"""In STUB_KEY of the runner's environment, for a provider of its catalogue."""


def registered(root: str, **changes: Any) -> Provider:
    return Provider(
        kind=ProviderKind.OPENAI, title="Mine", base_url=f"{root}/v1", any_model=True, local=True, **changes
    )


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"api_key_env": "STUB_KEY"}, "api_key_env"),
        ({"base_url_env": "STUB_KEY"}, "base_url_env"),
        ({"options": ProviderOptions(entra=True)}, "options"),
        ({"options": ProviderOptions(cloud=Cloud.VERTEX)}, "options"),
    ],
    ids=["key", "address", "Entra", "cloud"],
)
async def test_it_is_not_used_if_it_names_a_secret_of_the_runner(
    runner: RunnerHarness, endpoint: FakeEndpoint, changes: dict[str, Any], where: str
) -> None:
    provider = registered(endpoint.root, **changes)
    assert runner.environment["STUB_KEY"] == SECRET
    for use in (runner.models.open("mine/m", "", "", provider), runner.models.offered("mine", provider)):
        with pytest.raises(CallMisconfigured, match=where) as raised:
            await use
        assert SECRET not in str(raised.value)
    assert endpoint.paths == []


@pytest.mark.parametrize(
    ("address", "mistake"),
    [
        ("http://[::1", "not an address"),
        ("http://h:port/v1", "not an address"),
        ("http:///v1", "names no host"),
        ("http://me:pass@127.0.0.1:1/v1", "user name or a key"),
    ],
)
async def test_an_address_to_which_nothing_can_be_sent_is_named(
    runner: RunnerHarness, address: str, mistake: str
) -> None:
    """Also if it comes from a variable, which the catalogue cannot check."""
    provider = Provider(kind=ProviderKind.OPENAI, title="Mine", base_url=address, any_model=True, local=True)
    with pytest.raises(CallMisconfigured, match=mistake) as raised:
        await runner.models.open("mine/m", "", "", provider)
    assert "pass" not in str(raised.value)


async def test_its_own_variable_holds_its_key(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    runner.environment["MODEL_KEY_MINE"] = "sk-mine"
    await runner.models.offered("mine", registered(endpoint.root, api_key_env="MODEL_KEY_MINE"))
    assert endpoint.headers[0]["authorization"] == "Bearer sk-mine"


async def test_a_question_is_answered_although_its_provider_is_changed_meanwhile(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    provider = Provider(kind=ProviderKind.OLLAMA, title="Mine", base_url=endpoint.root, any_model=True, local=True)
    endpoint.default = Reply(pause_seconds=0.2)
    steps: list[str] = []
    began = asyncio.Event()

    def on_progress(status: str, completed: int, total: int) -> None:
        steps.append(status)
        began.set()

    pulling = asyncio.create_task(runner.models.pull("mine/m", on_progress, provider))
    await began.wait()
    await runner.models.open("mine/m", "", "", replace(provider, concurrency=9))
    await pulling
    assert steps[-1] == "success"


async def test_the_connections_of_a_provider_that_was_changed_are_closed(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    """As soon as no try uses them; they would otherwise stay open until the runner ends."""
    before, after = registered(endpoint.root), registered(endpoint.root, concurrency=9)
    handle = await runner.models.open("mine/m", "", "", before)
    await runner.models.open("mine/m", "", "", after)
    question = ModelRequest(messages=(ChatMessage(role="user", content="Say hello."),))
    assert (await handle.model.complete(question, lambda text: None)).text == "hello world"
    assert endpoint.open_connections == 1
    await handle.close()
    async with asyncio.timeout(10):
        while endpoint.open_connections:
            await asyncio.sleep(0.01)
