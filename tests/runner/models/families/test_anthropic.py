"""Anthropic's family: the real SDK against a server that speaks its wire format."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import pytest

from assay.contracts.models import Parameters, ReasoningEffort
from services.runner.models import ChatMessage, Completion, ModelRequest, ToolCall, ToolDefinition
from services.runner.models.anthropic.client import AnthropicClient, open_client
from services.runner.models.anthropic.request import request_body
from services.runner.models.protocol import ignore_text
from services.runner.models.provider_client import Connection
from tests.fakes.providers.endpoint import FakeEndpoint, Reply

KEY = "sk-ant-secret-0123456789"
MODEL = "claude-opus-4-7"
OLD_MODEL = "claude-sonnet-4-5"
STREAMED, WHOLE = Parameters(max_tokens=50), Parameters(max_tokens=50, stream=False)
BOTH = pytest.mark.parametrize("parameters", [STREAMED, WHOLE], ids=["streamed", "whole"])
HELLO = (ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Say hello."))
BASH = ToolDefinition(name="bash", description="Runs a command.", arguments={"type": "object", "properties": {}})


class Claude:
    def __init__(self, client: AnthropicClient) -> None:
        self._client = client

    async def complete(self, request: ModelRequest, model: str = MODEL) -> Completion:
        return await self._client.model(model).complete(request, ignore_text)

    async def hello(self, parameters: Parameters, model: str = MODEL) -> Completion:
        return await self.complete(ModelRequest(messages=HELLO, parameters=parameters), model)


@pytest.fixture
async def claude(endpoint: FakeEndpoint) -> AsyncGenerator[Claude]:
    client = open_client(Connection(base_url=endpoint.root, api_key=KEY, read_timeout_seconds=2.0))
    yield Claude(client)
    await client.close()


async def test_system_messages_and_parameters_are_sent(claude: Claude, endpoint: FakeEndpoint) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    await claude.hello(
        Parameters(max_tokens=9, stop=("END",), reasoning_effort=ReasoningEffort.HIGH, response_schema=schema)
    )
    body = endpoint.bodies[0]
    assert body["system"] == "Be brief."
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Say hello."}]}]
    assert (body["max_tokens"], body["stop_sequences"], body["stream"]) == (9, ["END"], True)
    assert body["output_config"] == {"effort": "high", "format": {"type": "json_schema", "schema": schema}}
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert "temperature" not in body


async def test_sampling_parameters_go_only_to_models_that_accept_them(claude: Claude, endpoint: FakeEndpoint) -> None:
    sampling = Parameters(max_tokens=9, temperature=0.5, top_k=3, seed=1)
    completion = await claude.hello(sampling)
    assert endpoint.bodies[0].keys().isdisjoint({"temperature", "top_k", "seed"})
    assert completion.notes == ("sent without temperature and top_k and seed: claude-opus-4-7 does not accept them",)
    completion = await claude.hello(sampling, OLD_MODEL)
    assert (endpoint.bodies[1]["temperature"], endpoint.bodies[1]["top_k"]) == (0.5, 3)
    versions = [headers["anthropic-version"] for headers in endpoint.headers]
    assert versions == ["2026-10-21", "2023-06-01"]


@BOTH
async def test_a_tool_call_and_its_result(claude: Claude, endpoint: FakeEndpoint, parameters: Parameters) -> None:
    endpoint.replies.append(
        Reply(text="Let me see.", reasoning="hm", calls=(("bash", '{"command": "ls"}'),), finish_reason="tool_calls")
    )
    first = await claude.complete(ModelRequest(messages=HELLO, parameters=parameters, tools=(BASH,)))
    assert [(call.name, json.loads(call.arguments)) for call in first.tool_calls] == [("bash", {"command": "ls"})]
    messages = (
        *HELLO,
        ChatMessage(role="assistant", content=first.text, tool_calls=first.tool_calls, native=first.native),
        ChatMessage(role="tool", content="a.txt", tool_call_id=first.tool_calls[0].call_id),
    )
    await claude.complete(ModelRequest(messages=messages, parameters=parameters, tools=(BASH,)))
    body = endpoint.bodies[1]
    assert body["tools"] == [
        {"name": "bash", "description": "Runs a command.", "input_schema": {"type": "object", "properties": {}}}
    ]
    thinking, text, call = body["messages"][1]["content"]
    assert (thinking["thinking"], thinking["signature"]) == ("hm", "c2ln")
    assert (text["text"], call["name"], call["input"]) == ("Let me see.", "bash", {"command": "ls"})
    assert body["messages"][2]["content"][0] == {
        "type": "tool_result",
        "tool_use_id": call["id"],
        "content": "a.txt",
    }
    assert body["cache_control"] == {"type": "ephemeral"}, "the conversation is cached for its next turn"


def test_arguments_that_are_no_object_are_still_sent() -> None:
    call = ToolCall(call_id="c1", name="", arguments="[1]")
    messages = (ChatMessage(role="user", content="x"), ChatMessage(role="assistant", content="", tool_calls=(call,)))
    body = request_body(MODEL, ModelRequest(messages=messages))
    assert body["messages"][1]["content"] == [
        {"type": "tool_use", "id": "c1", "name": "unnamed", "input": {"invalid": [1]}}
    ]
