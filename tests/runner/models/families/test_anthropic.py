"""Anthropic's family: the real SDK against a server that speaks its wire format."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import pytest

from assay.contracts.models import Parameters, ReasoningEffort
from services.runner.models import ChatMessage, ModelRequest, ToolCall
from services.runner.models.anthropic.client import open_client
from services.runner.models.anthropic.request import request_body
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.families.family import FAMILIES
from tests.runner.models.families.family_client import ARGUMENTS, BASH, BOTH, HELLO, FamilyClient

FAMILY = FAMILIES["anthropic"]
OLD_MODEL = "claude-sonnet-4-5"


@pytest.fixture
async def claude(endpoint: FakeEndpoint) -> AsyncGenerator[FamilyClient]:
    client = open_client(FAMILY.connection(endpoint))
    yield FamilyClient(client, FAMILY)
    await client.close()


async def test_system_messages_and_parameters_are_sent(claude: FamilyClient, endpoint: FakeEndpoint) -> None:
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


async def test_sampling_parameters_go_only_to_models_that_accept_them(
    claude: FamilyClient, endpoint: FakeEndpoint
) -> None:
    sampling = Parameters(max_tokens=9, temperature=0.5, top_k=3, seed=1)
    completion = await claude.hello(sampling)
    assert endpoint.bodies[0].keys().isdisjoint({"temperature", "top_k", "seed"})
    assert completion.notes == ("sent without temperature and top_k and seed: claude-opus-4-7 does not accept them",)
    completion = await claude.hello(sampling, OLD_MODEL)
    assert (endpoint.bodies[1]["temperature"], endpoint.bodies[1]["top_k"]) == (0.5, 3)
    versions = [headers["anthropic-version"] for headers in endpoint.headers]
    assert versions == ["2026-10-21", "2023-06-01"]


@BOTH
async def test_a_tool_call_and_its_result(claude: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters) -> None:
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
    assert body["tools"] == [{"name": "bash", "description": "Runs a command.", "input_schema": ARGUMENTS}]
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
    body = request_body(FAMILY.model, ModelRequest(messages=messages))
    assert body["messages"][1]["content"] == [
        {"type": "tool_use", "id": "c1", "name": "unnamed", "input": {"invalid": [1]}}
    ]
