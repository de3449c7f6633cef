"""Google's family: the real SDK against a server that speaks its wire format."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import pytest

from assay.contracts.models import Parameters, ReasoningEffort
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.google.client import open_client
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.families.family import FAMILIES
from tests.runner.models.families.family_client import BASH, BOTH, HELLO, FamilyClient

FAMILY = FAMILIES["google"]


@pytest.fixture
async def gemini(endpoint: FakeEndpoint) -> AsyncGenerator[FamilyClient]:
    client = open_client(FAMILY.connection(endpoint))
    yield FamilyClient(client, FAMILY)
    await client.close()


async def test_system_messages_and_parameters_are_sent(gemini: FamilyClient, endpoint: FakeEndpoint) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    sampling = Parameters(max_tokens=9, temperature=0.5, top_p=0.9, top_k=3, seed=1, stop=("END",))
    await gemini.hello(sampling)
    await gemini.hello(Parameters(reasoning_effort=ReasoningEffort.HIGH, response_schema=schema))
    await gemini.hello(Parameters(reasoning_effort=ReasoningEffort.NONE), "gemini-2.5-flash")
    first, second, third = (body["generationConfig"] for body in endpoint.bodies)
    assert endpoint.bodies[0]["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert endpoint.bodies[0]["contents"] == [{"role": "user", "parts": [{"text": "Say hello."}]}]
    assert (first["temperature"], first["topP"], first["topK"], first["seed"]) == (0.5, 0.9, 3, 1)
    assert (first["maxOutputTokens"], first["stopSequences"]) == (9, ["END"])
    assert second["thinkingConfig"] == {"include_thoughts": True, "thinking_level": "HIGH"}
    assert (second["responseMimeType"], second["responseJsonSchema"]) == ("application/json", schema)
    assert third["thinkingConfig"] == {"include_thoughts": False, "thinking_budget": 0}


@BOTH
async def test_a_tool_call_and_its_result(gemini: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters) -> None:
    endpoint.replies.append(
        Reply(text="Let me see.", calls=(("bash", '{"command": "ls"}'),), finish_reason="tool_calls")
    )
    first = await gemini.complete(ModelRequest(messages=HELLO, parameters=parameters, tools=(BASH,)))
    assert [(call.name, json.loads(call.arguments)) for call in first.tool_calls] == [("bash", {"command": "ls"})]
    messages = (
        *HELLO,
        ChatMessage(role="assistant", content=first.text, tool_calls=first.tool_calls, native=first.native),
        ChatMessage(role="tool", content="a.txt", tool_call_id=first.tool_calls[0].call_id),
    )
    await gemini.complete(ModelRequest(messages=messages, parameters=parameters, tools=(BASH,)))
    body = endpoint.bodies[1]
    (declared,) = body["tools"][0]["functionDeclarations"]
    assert (declared["name"], declared["parameters_json_schema"]) == ("bash", BASH.arguments)
    text, call = body["contents"][1]["parts"]
    assert (text["text"], call["functionCall"]["args"], call["thoughtSignature"]) == (
        *("Let me see.", {"command": "ls"}, "c2ln"),
    )
    (result,) = body["contents"][2]["parts"]
    assert result["functionResponse"] == {"id": "fc_0", "name": "bash", "response": {"result": "a.txt"}}
