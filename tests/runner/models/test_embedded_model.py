"""The OpenAI-compatible family against a real server: llama.cpp's, with the small model of `assay up`."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import openai
import pytest

from assay.contracts.codec import decode
from assay.contracts.models import CallFault, Parameters
from assay.contracts.results import Result
from assay.contracts.tasks import Limits
from assay.embedded.model_host.embedded_model import MODEL, find_weights, load
from services.runner.errors import CallFailed
from services.runner.models import ChatMessage, Completion, ModelRequest, ToolDefinition
from services.runner.models.openai.client import OpenAIClient, open_client
from services.runner.models.provider_client import NO_KEY, Connection
from tests.runner.harness import PRICE, open_harness
from tests.runner.models.harness import BOTH

HELLO = (ChatMessage(role="user", content="Say hello."),)
SHORT = Parameters(max_tokens=8, temperature=0, seed=1)
ARGUMENTS = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
BASH = ToolDefinition(name="bash", description="Runs a command.", arguments=ARGUMENTS)
READ_TIMEOUT_SECONDS = 120.0
LIMITS = Limits(wall_seconds=120, max_tokens=4)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    engine: Any = load(find_weights(), threads=1)
    yield f"{engine.listening_address}/v1"
    del engine


class EmbeddedModel:
    """``text`` collects what is streamed."""

    def __init__(self, client: OpenAIClient) -> None:
        self._client = client
        self.text: list[str] = []

    async def complete(
        self, parameters: Parameters, prompt: tuple[ChatMessage, ...] = HELLO, tools: tuple[ToolDefinition, ...] = ()
    ) -> Completion:
        request = ModelRequest(messages=prompt, parameters=parameters, tools=tools)
        return await self._client.model(MODEL).complete(request, self.text.append)


@pytest.fixture
async def embedded(address: str) -> AsyncGenerator[EmbeddedModel]:
    client = open_client(
        Connection(base_url=address, api_key=NO_KEY, read_timeout_seconds=READ_TIMEOUT_SECONDS, reuse=False)
    )
    yield EmbeddedModel(client)
    await client.close()


def with_changes(**changes: Any) -> Parameters:
    return msgspec.structs.replace(SHORT, **changes)


async def test_the_server_lists_its_model(address: str) -> None:
    async with openai.AsyncOpenAI(base_url=address, api_key=NO_KEY, max_retries=0) as sdk:
        assert [model.id async for model in sdk.models.list()] == [MODEL]


@BOTH
async def test_an_answer_with_its_usage(embedded: EmbeddedModel, parameters: Parameters) -> None:
    completion = await embedded.complete(with_changes(stream=parameters.stream))
    assert completion.text.strip()
    assert "".join(embedded.text) == completion.text
    assert (completion.finish_reason, completion.served_model) == ("length", MODEL)
    assert completion.usage is not None
    assert (completion.usage.input_tokens > 5, completion.usage.output_tokens) == (True, 8)


async def test_a_streamed_answer_is_the_whole_one(embedded: EmbeddedModel) -> None:
    streamed, whole = [await embedded.complete(with_changes(stream=stream)) for stream in (True, False)]
    assert streamed.text == whole.text
    assert len(embedded.text) > 3, "the stream arrives in pieces"


async def test_stop_ends_the_answer(embedded: EmbeddedModel) -> None:
    whole = await embedded.complete(SHORT)
    word = whole.text.split()[1]
    stopped = await embedded.complete(with_changes(stop=(word,)))
    assert (stopped.text, stopped.finish_reason) == (whole.text[: whole.text.index(word)], "stop")


@BOTH
async def test_a_schema_forces_the_answers_form(embedded: EmbeddedModel, parameters: Parameters) -> None:
    schema = {"type": "object", "properties": {"n": {"enum": [1, 2, 3]}}, "required": ["n"]}
    completion = await embedded.complete(with_changes(max_tokens=60, response_schema=schema, stream=parameters.stream))
    assert json.loads(completion.text)["n"] in (1, 2, 3)


@BOTH
async def test_tools_are_accepted_although_the_models_template_has_none(
    embedded: EmbeddedModel, parameters: Parameters
) -> None:
    """So the shipped entry of the model says ``tools: text``."""
    required = with_changes(stream=parameters.stream, extra={"tool_choice": "required"})
    with_tools = await embedded.complete(required, tools=(BASH,))
    without = await embedded.complete(SHORT)
    assert (with_tools.text, with_tools.tool_calls) == (without.text, ())
    assert with_tools.usage and without.usage
    assert with_tools.usage.input_tokens == without.usage.input_tokens, "the model does not see them"


async def test_an_unknown_model_is_answered_by_the_loaded_one(address: str, tmp_path: Path) -> None:
    async with open_harness(tmp_path, address) as runner:
        report = await runner.run_attempt(
            "colours", "stub/another-model", limits=Limits(wall_seconds=120, max_tokens=4)
        )
        result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert report.fault is None
    assert f"asked for another-model; {MODEL} answered" in result.notes


async def test_the_cost_is_that_of_the_reported_usage(address: str, tmp_path: Path) -> None:
    async with open_harness(tmp_path, address) as runner:
        report = await runner.run_attempt("colours", f"stub/{MODEL}", limits=LIMITS)
    (call,) = report.calls
    usage = call.usage
    assert (usage.output_tokens, call.estimated) == (4, False)
    assert call.cost_nanousd == PRICE.cost(
        input_tokens=usage.input_tokens, cached_tokens=usage.cached_tokens, output_tokens=usage.output_tokens
    )


@BOTH
@pytest.mark.parametrize(
    ("extra", "prompt", "fault", "text"),
    [
        ({"temperature": "warm"}, "hello", CallFault.CONFIGURATION, "type must be number, but is string"),
        ({"response_format": {"type": "sonnet"}}, "hello", CallFault.CONFIGURATION, "response_format"),
        ({}, "hello " * 5000, CallFault.CONTEXT_LENGTH, "exceeds the available context size"),
    ],
    ids=["bad parameter", "unknown format", "prompt too long"],
)
async def test_each_error_of_the_server_has_its_fault(
    embedded: EmbeddedModel, parameters: Parameters, extra: dict[str, Any], prompt: str, fault: CallFault, text: str
) -> None:
    with pytest.raises(CallFailed, match=text) as raised:
        await embedded.complete(
            with_changes(stream=parameters.stream, extra=extra), (ChatMessage(role="user", content=prompt),)
        )
    assert (raised.value.fault, raised.value.may_be_billed) == (fault, False)


@pytest.mark.parametrize(
    ("base_url", "read_timeout_seconds", "fault", "billed"),
    [("http://127.0.0.1:9/v1", 5.0, CallFault.CONNECTION, False), ("", 0.3, CallFault.TIMEOUT, True)],
    ids=["connection refused", "timeout"],
)
async def test_a_server_that_does_not_answer(
    address: str, base_url: str, read_timeout_seconds: float, fault: CallFault, billed: bool
) -> None:
    client = open_client(
        Connection(base_url=base_url or address, api_key=NO_KEY, read_timeout_seconds=read_timeout_seconds)
    )
    with pytest.raises(CallFailed) as raised:
        await EmbeddedModel(client).complete(with_changes(stream=False, max_tokens=100))
    await client.close()
    assert (raised.value.fault, raised.value.may_be_billed) == (fault, billed)
