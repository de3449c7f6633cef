"""LM Studio's family: a model is loaded before its first request, and unloaded when no attempt needs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from assay.contracts.models import Parameters
from assay.contracts.providers import ProviderOptions
from services.runner.errors import AccessRefused, CallMisconfigured, ProviderError
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.lmstudio.client import LMStudioClient, open_client
from services.runner.models.protocol import ignore_text, loaded
from services.runner.models.provider_client import NO_KEY, Connection
from tests.fakes.providers.endpoint import serve_endpoint
from tests.fakes.providers.lmstudio import FakeLMStudio

HELLO = ModelRequest(messages=(ChatMessage(role="user", content="Say hello."),), parameters=Parameters(max_tokens=9))
WAIT_SECONDS = 30.0


class Attempts:
    """How many attempts need a model, as the ledger would say; None: it does not answer."""

    def __init__(self) -> None:
        self.count: int | None = 0
        self.asked: list[str] = []

    async def of(self, model: str) -> int | None:
        self.asked.append(model)
        return self.count


@pytest.fixture
async def studio() -> AsyncGenerator[FakeLMStudio]:
    async with serve_endpoint(FakeLMStudio()) as studio:
        yield studio


@pytest.fixture
def attempts() -> Attempts:
    return Attempts()


@pytest.fixture
async def client(studio: FakeLMStudio, attempts: Attempts) -> AsyncGenerator[LMStudioClient]:
    client = connect(studio, attempts)
    yield client
    await client.close()


def connect(studio: FakeLMStudio, attempts: Attempts, unload_after_seconds: float = 60.0) -> LMStudioClient:
    options = ProviderOptions(unload_after_seconds=unload_after_seconds)
    return open_client(Connection(base_url=studio.url, api_key=NO_KEY, options=options, attempts_of=attempts.of))


async def ask(client: LMStudioClient, name: str) -> list[str]:
    """Returns what the request waited for."""
    waits: list[str] = []

    async def on_wait(text: str) -> None:
        waits.append(text)

    model = client.model(name)
    async with loaded(model, on_wait):
        assert (await model.complete(HELLO, ignore_text)).text == "hello world"
    return waits


async def eventually(studio: FakeLMStudio, entry: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while entry not in studio.history:
            await asyncio.sleep(0.01)


async def test_a_model_is_loaded_before_its_first_request(client: LMStudioClient, studio: FakeLMStudio) -> None:
    assert await ask(client, "alpha") == ["loading alpha, which may take minutes"]
    assert await ask(client, "alpha") == []
    assert studio.history == ["load alpha", "chat alpha", "chat alpha"]


async def test_the_other_models_are_unloaded_first_but_no_embedding_model(
    client: LMStudioClient, studio: FakeLMStudio
) -> None:
    studio.instances["beta:2"] = "beta"
    assert await ask(client, "alpha") == ["loading alpha instead of beta:2, which may take minutes"]
    assert studio.history == ["unload beta:2", "load alpha", "chat alpha"]
    assert set(studio.instances) == {"embed", "alpha"}


async def test_concurrent_requests_share_one_load(client: LMStudioClient, studio: FakeLMStudio) -> None:
    await asyncio.gather(*(ask(client, "alpha") for _ in range(4)))
    assert studio.history.count("load alpha") == 1


async def test_a_request_to_another_model_waits_for_those_in_flight(
    client: LMStudioClient, studio: FakeLMStudio
) -> None:
    studio.default.pause_seconds = 0.1
    async with asyncio.TaskGroup() as group:
        group.create_task(ask(client, "alpha"))
        await eventually(studio, "chat alpha")
        other = group.create_task(ask(client, "beta"))
    assert other.result()[0] == "waiting until no request needs alpha, to load beta instead"
    assert studio.history == ["load alpha", "chat alpha", "unload alpha", "load beta", "chat beta"]
    assert studio.max_in_flight == 1


async def test_loading_goes_on_if_the_request_is_cancelled(client: LMStudioClient, studio: FakeLMStudio) -> None:
    """As after a test of the model that did not wait for minutes."""
    studio.may_load.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await ask(client, "alpha")
    studio.may_load.set()
    await ask(client, "alpha")
    assert studio.history == ["load alpha", "chat alpha"]


async def test_a_model_that_the_user_unloaded_is_loaded_again(client: LMStudioClient, studio: FakeLMStudio) -> None:
    await ask(client, "alpha")
    studio.instances.pop("alpha")
    await ask(client, "alpha")
    assert studio.history == ["load alpha", "chat alpha", "load alpha", "chat alpha"]


async def test_two_runners_that_load_a_model_at_once_keep_one_instance(
    client: LMStudioClient, studio: FakeLMStudio, attempts: Attempts
) -> None:
    other = connect(studio, attempts)
    attempts.count = 2
    studio.may_load.clear()
    asked = [asyncio.create_task(ask(each, "alpha")) for each in (client, other)]
    await asyncio.sleep(0.3)
    studio.may_load.set()
    await asyncio.gather(*asked)
    await other.close()
    assert set(studio.instances) == {"embed", "alpha"}


async def test_a_model_is_unloaded_when_no_attempt_needs_it_any_more(studio: FakeLMStudio, attempts: Attempts) -> None:
    client = connect(studio, attempts, unload_after_seconds=0.05)
    attempts.count = 1
    await ask(client, "alpha")
    await asyncio.sleep(0.3)
    attempts.count = None
    await asyncio.sleep(0.2)
    assert "unload alpha" not in studio.history, "attempts need it, or the ledger does not say"
    attempts.count = 0
    await eventually(studio, "unload alpha")
    assert set(attempts.asked) == {"alpha"}
    await client.close()


async def test_an_unused_model_is_unloaded_when_the_runner_stops(studio: FakeLMStudio, attempts: Attempts) -> None:
    client = connect(studio, attempts)
    await ask(client, "alpha")
    attempts.count = 1
    other = connect(studio, attempts)
    await ask(other, "alpha")
    await other.close()
    assert "alpha" in studio.instances
    attempts.count = 0
    await client.close()
    assert "alpha" not in studio.instances


async def test_a_model_that_cannot_be_loaded_says_why(client: LMStudioClient, studio: FakeLMStudio) -> None:
    with pytest.raises(AccessRefused, match="has no model 'gamma'; it has beta, alpha, embed"):
        await ask(client, "gamma")
    studio.load_error = "insufficient memory"
    with pytest.raises(ProviderError, match=r"LM Studio at http://.* answered 500: insufficient memory"):
        await ask(client, "alpha")
    studio.rest = False
    with pytest.raises(CallMisconfigured, match=r"LM Studio 0\.4 or newer"):
        await ask(client, "alpha")


async def test_the_list_says_which_models_are_loaded(client: LMStudioClient, studio: FakeLMStudio) -> None:
    studio.instances["alpha"] = "alpha"
    details = {model.name: model.detail for model in await client.offered()}
    assert details == {
        "beta": "llm, 8B, Q4_K_M, 5.2 GB, 32768 tokens context, not loaded",
        "alpha": "llm, 8B, Q4_K_M, 5.2 GB, 32768 tokens context, loaded",
        "embed": "embedding, Q4_K_M, 5.2 GB, 32768 tokens context, loaded",
    }
