"""Ollama's family: what its own API has besides the common parameters."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from assay.contracts.models import Parameters, ReasoningEffort
from services.runner.errors import CallFailed, CallMisconfigured
from services.runner.models import ChatMessage, Completion, ModelRequest
from services.runner.models.ollama.client import OllamaClient, open_client
from services.runner.models.protocol import ignore_text
from services.runner.models.provider_client import NO_KEY, Connection
from tests.fakes.providers.endpoint import FakeEndpoint, Reply

HELLO = (ChatMessage(role="user", content="Say hello."),)


@pytest.fixture
async def ollama(endpoint: FakeEndpoint) -> AsyncGenerator[OllamaClient]:
    client = open_client(Connection(base_url=endpoint.root, api_key=NO_KEY, read_timeout_seconds=2.0))
    yield client
    await client.close()


async def hello(ollama: OllamaClient, parameters: Parameters) -> Completion:
    return await ollama.model("qwen3:8b").complete(ModelRequest(messages=HELLO, parameters=parameters), ignore_text)


async def test_parameters_and_options_from_extra_are_sent(ollama: OllamaClient, endpoint: FakeEndpoint) -> None:
    extra = {"keep_alive": "10m", "num_ctx": 16384, "min_p": 0.05}
    completion = await hello(ollama, Parameters(max_tokens=9, temperature=0, seed=1, stop=("END",), extra=extra))
    (body,) = endpoint.bodies
    assert body["keep_alive"] == "10m"
    assert body["options"] == {
        "num_predict": 9,
        "temperature": 0,
        "seed": 1,
        "stop": ["END"],
        "num_ctx": 16384,
        "min_p": 0.05,
    }
    assert completion.notes == ()
    assert "authorization" not in endpoint.headers[0]


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
async def test_the_address_of_the_openai_compatible_api_works_too(endpoint: FakeEndpoint, path: str) -> None:
    client = open_client(Connection(base_url=endpoint.root + path, api_key=NO_KEY))
    await hello(client, Parameters())
    await client.close()
    assert endpoint.paths == ["/api/chat"]


@pytest.mark.parametrize(
    ("effort", "think"),
    [
        (None, None),
        (ReasoningEffort.NONE, False),
        (ReasoningEffort.MINIMAL, "low"),
        (ReasoningEffort.MEDIUM, "medium"),
        (ReasoningEffort.MAX, "high"),
    ],
)
async def test_reasoning_effort_becomes_the_nearest_level(
    ollama: OllamaClient, endpoint: FakeEndpoint, effort: ReasoningEffort | None, think: bool | str | None
) -> None:
    await hello(ollama, Parameters(reasoning_effort=effort))
    assert endpoint.bodies[0].get("think") == think


async def test_a_schema_becomes_the_format(ollama: OllamaClient, endpoint: FakeEndpoint) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    await hello(ollama, Parameters(response_schema=schema))
    assert endpoint.bodies[0]["format"] == schema


async def test_an_option_that_ollama_does_not_have_is_noted(ollama: OllamaClient, endpoint: FakeEndpoint) -> None:
    completion = await hello(ollama, Parameters(extra={"num_contexts": 16384, "top_k": 5}))
    assert endpoint.bodies[0]["options"] == {"num_contexts": 16384, "top_k": 5}
    assert completion.notes == (
        "parameters.extra sets num_contexts, which Ollama does not have as an option and probably ignored",
    )


async def test_fields_of_the_runner_cannot_be_set(ollama: OllamaClient, endpoint: FakeEndpoint) -> None:
    with pytest.raises(CallMisconfigured, match=r"parameters\.extra sets messages, model, which only the runner may"):
        await hello(ollama, Parameters(extra={"model": "another", "messages": []}))
    assert not endpoint.bodies


async def pull(ollama: OllamaClient) -> list[tuple[str, int, int]]:
    steps: list[tuple[str, int, int]] = []

    def on_progress(status: str, completed_bytes: int, total_bytes: int) -> None:
        steps.append((status, completed_bytes, total_bytes))

    await ollama.pull("llama3.2", on_progress)
    return steps


async def test_a_pull_reports_each_step_and_the_bytes_of_all_files(
    ollama: OllamaClient, endpoint: FakeEndpoint
) -> None:
    steps = await pull(ollama)
    assert endpoint.bodies[0]["model"] == "llama3.2"
    assert steps[0] == ("pulling manifest", 0, 0)
    assert ("pulling bbbbbbbbbbbb", 2_250, 2_500) in steps
    assert steps[-1] == ("success", 2_500, 2_500)
    assert [completed for _, completed, _ in steps] == sorted(completed for _, completed, _ in steps)


async def test_a_pull_that_fails_says_why(ollama: OllamaClient, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(finish_reason=None, text="pull model manifest: file does not exist"))
    with pytest.raises(CallFailed, match="pull model manifest: file does not exist"):
        await pull(ollama)
    endpoint.replies.append(Reply(done=False))
    with pytest.raises(CallFailed, match=r"ended the download of llama3\.2 at step 'writing manifest'"):
        await pull(ollama)
