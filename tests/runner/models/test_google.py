"""Google's family: the real SDK against a server that speaks its wire format."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from google.genai import types

from assay.contracts.models import CallFault, Parameters, ReasoningEffort, Usage
from services.runner.errors import CallFailed
from services.runner.models import ChatMessage, Completion, ModelRequest, ToolDefinition
from services.runner.models.google.client import GoogleClient, open_client
from services.runner.models.provider_client import Connection
from tests.fakes.providers import google_generate
from tests.fakes.providers.endpoint import FakeEndpoint, Reply

KEY = "AIza-secret-0123456789"
MODEL = "gemini-3.1-pro"
STREAMED, WHOLE = Parameters(max_tokens=50), Parameters(max_tokens=50, stream=False)
BOTH = pytest.mark.parametrize("parameters", [STREAMED, WHOLE], ids=["streamed", "whole"])
HELLO = (ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Say hello."))
BASH = ToolDefinition(
    name="bash",
    description="Runs a command.",
    arguments={"type": "object", "properties": {"command": {"type": "string"}}},
)
USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 4},
}


class Gemini:
    """``text`` and ``reasoning`` collect what is streamed."""

    def __init__(self, client: GoogleClient) -> None:
        self._client = client
        self.text: list[str] = []
        self.reasoning: list[str] = []

    async def complete(self, request: ModelRequest, model: str = MODEL) -> Completion:
        return await self._client.model(model).complete(request, self.text.append, self.reasoning.append)

    async def hello(self, parameters: Parameters = STREAMED, model: str = MODEL) -> Completion:
        return await self.complete(ModelRequest(messages=HELLO, parameters=parameters), model)


@pytest.fixture
async def gemini(endpoint: FakeEndpoint) -> AsyncGenerator[Gemini]:
    client = open_client(Connection(base_url=endpoint.root, api_key=KEY, read_timeout_seconds=2.0))
    yield Gemini(client)
    await client.close()


@BOTH
async def test_text_reasoning_usage_and_the_served_model(
    gemini: Gemini, endpoint: FakeEndpoint, parameters: Parameters
) -> None:
    endpoint.default = Reply(reasoning="hm, hm", usage=USAGE, model="gemini-3.1-pro-002")
    completion = await gemini.hello(parameters)
    assert (completion.text, completion.reasoning) == ("hello world", "hm, hm")
    assert completion.usage == Usage(input_tokens=30, cached_tokens=8, output_tokens=9, reasoning_tokens=4)
    assert (completion.finish_reason, completion.served_model) == ("STOP", "gemini-3.1-pro-002")
    assert ("".join(gemini.text), "".join(gemini.reasoning)) == ("hello world", "hm, hm")
    assert endpoint.headers[0]["x-goog-api-key"] == KEY


async def test_system_messages_and_parameters_are_sent(gemini: Gemini, endpoint: FakeEndpoint) -> None:
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
async def test_a_tool_call_and_its_result(gemini: Gemini, endpoint: FakeEndpoint, parameters: Parameters) -> None:
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


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(status=400, text="API key not valid. Please pass a valid API key."), CallFault.AUTHENTICATION),
        (Reply(status=403, text="not permitted"), CallFault.AUTHENTICATION),
        (Reply(status=404, text="models/gemini-x is not found"), CallFault.CONFIGURATION),
        (Reply(status=400, text="topK must be positive"), CallFault.CONFIGURATION),
        (
            Reply(status=400, text="The input token count (9) exceeds the maximum number of tokens allowed (8)."),
            CallFault.CONTEXT_LENGTH,
        ),
        (Reply(status=429, text="quota", headers={"retry-after": "3"}), CallFault.RATE_LIMITED),
        (Reply(status=500, text="a bug of theirs"), CallFault.PROVIDER),
        (Reply(status=503, text="overloaded"), CallFault.PROVIDER),
        (Reply(hang_up=True), CallFault.CONNECTION),
        (Reply(hang=True), CallFault.TIMEOUT),
        (Reply(raw=b"<html>"), CallFault.PROVIDER),
        (Reply(raw=b"data: {oops\r\n\r\n", content_type="text/event-stream"), CallFault.PROVIDER),
        (Reply(raw=b'{"promptFeedback": {"blockReason": "SAFETY"}}'), CallFault.CONTENT_REFUSED),
    ],
    ids=lambda value: value.value if isinstance(value, CallFault) else "",
)
@BOTH
async def test_each_error_has_its_fault(
    gemini: Gemini, endpoint: FakeEndpoint, parameters: Parameters, reply: Reply, fault: CallFault
) -> None:
    endpoint.default = reply
    with pytest.raises(CallFailed) as raised:
        await gemini.hello(parameters)
    assert raised.value.fault is fault, raised.value
    assert KEY not in str(raised.value)
    assert raised.value.retry_after_seconds == (3.0 if "retry-after" in reply.headers else None)


@pytest.mark.parametrize("reply", [Reply(break_after=2), Reply(finish_reason=None)], ids=["cut", "ended"])
async def test_a_truncated_stream_may_be_billed(gemini: Gemini, endpoint: FakeEndpoint, reply: Reply) -> None:
    endpoint.default = reply
    with pytest.raises(CallFailed) as raised:
        await gemini.hello()
    assert raised.value.may_be_billed


@BOTH
async def test_a_refusal(gemini: Gemini, endpoint: FakeEndpoint, parameters: Parameters) -> None:
    endpoint.default = Reply(finish_reason="content_filter")
    assert (await gemini.hello(parameters)).refused


@BOTH
async def test_usage_that_is_not_reported_is_unknown(
    gemini: Gemini, endpoint: FakeEndpoint, parameters: Parameters
) -> None:
    endpoint.default = Reply(usage=None)
    assert (await gemini.hello(parameters)).usage is None


def test_the_fake_speaks_the_sdks_types() -> None:
    reply = Reply(text="x", reasoning="y", calls=(("bash", "{}"),), usage=USAGE)
    body: dict[str, Any] = {"model": MODEL}
    types.GenerateContentResponse.model_validate(google_generate.whole(reply, body))
    for event in google_generate.events(reply, body):
        types.GenerateContentResponse.model_validate_json(event.partition(b"data: ")[2])
