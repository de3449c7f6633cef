"""What all families of providers have in common: each real SDK against a server that speaks its wire format."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from assay.contracts.models import CallFault, Parameters, Usage
from services.runner.errors import CallFailed
from services.runner.models import ChatMessage, Image, ModelRequest
from services.runner.models.provider_client import open_client
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.families.family import FAMILIES, KEY, TOKEN_PREFIX, Family, set_cloud_logins
from tests.runner.models.families.family_client import BASH, BOTH, HELLO, STREAMED, FamilyClient

IMAGES = (
    Image(media_type="image/png", data=b"\x89PNG\r\n\x1a\n\0\xff", name="images/bars.png"),
    Image(media_type="image/jpeg", data=b"\xff\xd8\xff\xe0", name="images/photo.jpg"),
)
USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 9,
    "total_tokens": 39,
    "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 12},
    "completion_tokens_details": {"reasoning_tokens": 4},
}


@pytest.fixture(params=FAMILIES)
async def client(
    request: pytest.FixtureRequest, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncGenerator[FamilyClient]:
    set_cloud_logins(monkeypatch, tmp_path, endpoint.root)
    family = FAMILIES[request.param]
    opened = await open_client(family.kind, family.connection(endpoint))
    yield FamilyClient(opened, family)
    await opened.close()


@BOTH
async def test_text_reasoning_usage_and_the_served_model(
    client: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters
) -> None:
    endpoint.default = Reply(reasoning="hm, hm", usage=USAGE, model="another-name-001")
    completion = await client.hello(parameters)
    assert (completion.text, completion.reasoning) == ("hello world", "hm, hm")
    family = client.family
    assert completion.usage == Usage(
        input_tokens=30,
        cached_tokens=family.cached,
        cache_write_tokens=family.written,
        output_tokens=9,
        reasoning_tokens=family.reasoning,
    )
    assert completion.served_model == "another-name-001"
    assert not completion.refused and not completion.truncated
    assert "".join(client.text) == "hello world"
    name, value = family.login_header
    assert endpoint.headers[0][name].startswith(value)


@BOTH
async def test_usage_that_is_not_reported_is_unknown(
    client: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters
) -> None:
    endpoint.default = Reply(usage=None)
    completion = await client.hello(parameters)
    assert (completion.text, completion.usage) == ("hello world", None)


@BOTH
async def test_a_tool_call_and_its_result(client: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters) -> None:
    call = ("bash", '{"command": "ls"}')
    endpoint.replies.append(Reply(text="Let me see.", reasoning="hm", calls=(call,), finish_reason="tool_calls"))
    first = await client.complete(ModelRequest(messages=HELLO, parameters=parameters, tools=(BASH,)))
    assert [(call.name, json.loads(call.arguments)) for call in first.tool_calls] == [("bash", {"command": "ls"})]
    assert first.text == "Let me see."
    messages = (
        *HELLO,
        ChatMessage(role="assistant", content=first.text, tool_calls=first.tool_calls, native=first.native),
        ChatMessage(role="tool", content="a.txt", tool_call_id=first.tool_calls[0].call_id),
    )
    second = await client.complete(ModelRequest(messages=messages, parameters=parameters, tools=(BASH,)))
    assert second.text == "hello world"
    sent = json.dumps(endpoint.bodies[1])
    assert all(part in sent for part in ("Be brief.", "Let me see.", "a.txt", "Runs a command."))


@BOTH
async def test_images_are_sent_before_the_text_of_their_message(
    client: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters
) -> None:
    """In the family's own form, and in a later request of the conversation again."""
    question = ChatMessage(role="user", content="Which bar is highest?", images=IMAGES)
    first = await client.complete(ModelRequest(messages=(HELLO[0], question), parameters=parameters))
    answer = ChatMessage(role="assistant", content=first.text, native=first.native)
    messages = (HELLO[0], question, answer, ChatMessage(role="user", content="Sure?"))
    await client.complete(ModelRequest(messages=messages, parameters=parameters))
    for body in endpoint.bodies:
        assert list(client.family.images(body)) == [(image.media_type, image.base64) for image in IMAGES]
        sent = json.dumps(body)
        assert sent.count("Which bar is highest?") == 1
        assert "bars.png" not in sent, "the name may give the answer away"


@BOTH
async def test_a_refusal(client: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters) -> None:
    endpoint.default = Reply(finish_reason="content_filter")
    assert (await client.hello(parameters)).refused is client.family.refuses


@BOTH
@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(status=401, text=f"invalid key {TOKEN_PREFIX}{KEY}"), CallFault.AUTHENTICATION),
        (Reply(status=403, text="not permitted"), CallFault.AUTHENTICATION),
        (Reply(status=404, text="no such model"), CallFault.CONFIGURATION),
        (Reply(status=400, text="a parameter must be positive"), CallFault.CONFIGURATION),
        (Reply(status=400, text="prompt is too long: 250000 tokens > 200000 maximum"), CallFault.CONTEXT_LENGTH),
        (Reply(status=429, text="slow down", headers={"retry-after": "3"}), CallFault.RATE_LIMITED),
        (Reply(status=500, text="a bug of theirs"), CallFault.PROVIDER),
        (Reply(status=503, text="overloaded"), CallFault.PROVIDER),
        (Reply(hang_up=True), CallFault.CONNECTION),
        (Reply(hang=True), CallFault.TIMEOUT),
        (Reply(raw=b"<html>"), CallFault.PROVIDER),
        (Reply(raw=b"event: x\ndata: {oops\n\n", content_type="text/event-stream"), CallFault.PROVIDER),
    ],
    ids=lambda value: value.value if isinstance(value, CallFault) else "",
)
async def test_each_error_has_its_fault(
    client: FamilyClient, endpoint: FakeEndpoint, parameters: Parameters, reply: Reply, fault: CallFault
) -> None:
    endpoint.default = reply
    with pytest.raises(CallFailed) as raised:
        await client.hello(parameters)
    assert raised.value.fault is fault, raised.value
    assert KEY not in str(raised.value)
    assert raised.value.retry_after_seconds == (client.family.retry_after if "retry-after" in reply.headers else None)


@pytest.mark.parametrize(
    "reply", [Reply(break_after=2), Reply(finish_reason=None, done=False)], ids=["cut off", "ended early"]
)
async def test_a_truncated_stream_may_be_billed(client: FamilyClient, endpoint: FakeEndpoint, reply: Reply) -> None:
    endpoint.default = reply
    with pytest.raises(CallFailed) as raised:
        await client.hello(STREAMED)
    assert raised.value.may_be_billed


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_fakes_speak_the_sdks_types(family: Family) -> None:
    reply = Reply(text="x", reasoning="y", calls=(("bash", "{}"),), usage=USAGE)
    body: dict[str, Any] = {"model": family.model, "stream_options": {"include_usage": True}}
    TypeAdapter[Any](family.whole).validate_json(json.dumps(family.wire.whole(reply, body)))
    for event in family.wire.events(reply, body):
        data = family.decode(event)
        if data != "[DONE]" and '"ping"' not in data:
            TypeAdapter[Any](family.event).validate_json(data)
