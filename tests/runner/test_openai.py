"""The OpenAI-compatible model against a real server: what it asks, what it understands, and how it fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from assay.contracts.models import CallFault, Parameters, Usage
from services.runner.errors import (
    CallFailed,
    CallMisconfigured,
    EndpointSilent,
    EndpointUnreachable,
    PromptRefused,
    PromptTooLong,
    ProviderBroken,
    RateLimited,
)
from services.runner.models import ChatMessage, Completion
from services.runner.models.asking import reasons, request_body
from services.runner.models.openai import MAX_TEXT_CHARACTERS, OpenAIModel, open_client
from tests.runner.endpoint import Endpoint, Reply

MESSAGES = (ChatMessage(role="user", content="Say hello."),)
STREAMED, WHOLE = Parameters(max_tokens=50), Parameters(max_tokens=50, stream=False)
BOTH = pytest.mark.parametrize("parameters", [STREAMED, WHOLE], ids=["streamed", "whole"])


class Asked:
    """A model at the server, and what was heard of it."""

    def __init__(self, url: str, silence_seconds: float) -> None:
        self.client = open_client(url, "sk-secret", 4, silence_seconds)
        self.model = OpenAIModel(self.client, "stub-1")
        self.pieces: list[str] = []

    async def complete(self, parameters: Parameters = STREAMED) -> Completion:
        return await self.model.complete(MESSAGES, parameters, self.pieces.append)


@pytest.fixture
async def asked(served: Endpoint) -> AsyncIterator[Asked]:
    one = Asked(served.url, 0.3)
    yield one
    await one.client.close()


@BOTH
async def test_text_usage_and_finish_reason_come_back(asked: Asked, parameters: Parameters) -> None:
    completion = await asked.complete(parameters)
    assert completion == Completion(
        text="hello world", usage=Usage(input_tokens=11, output_tokens=7), finish_reason="stop"
    )
    assert "".join(asked.pieces) == "hello world"


async def test_a_stream_is_heard_piece_by_piece(asked: Asked) -> None:
    await asked.complete()
    assert asked.pieces == ["hell", "o wo", "rld"]


async def test_what_is_asked_is_what_was_said(served: Endpoint, asked: Asked) -> None:
    parameters = Parameters(temperature=0.5, top_p=0.9, max_tokens=5, seed=3, stop=("END",), extra={"top_k": 4})
    await asked.complete(parameters)
    assert served.bodies == [
        {
            "model": "stub-1",
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_tokens": 5,
            "temperature": 0.5,
            "top_p": 0.9,
            "seed": 3,
            "stop": ["END"],
            "stream": True,
            "stream_options": {"include_usage": True},
            "top_k": 4,
        }
    ]
    assert served.headers[0]["authorization"] == "Bearer sk-secret"


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        *((name, True) for name in ("o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5-nano", "openai/gpt-5.1", "gpt-6-mini")),
        *((name, False) for name in ("gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "o", "olmo-2", "solar-o1x", "phi-4")),
    ],
)
def test_reasoning_models_are_asked_without_sampling_parameters(model: str, thinking: bool) -> None:
    body = request_body(model, MESSAGES, Parameters(temperature=0, top_p=0.5, max_tokens=9, stream=False))
    assert reasons(model) is thinking
    assert ("temperature" in body, "top_p" in body, "max_tokens" in body) == (not thinking,) * 3
    assert body.get("max_completion_tokens") == (9 if thinking else None)


@BOTH
async def test_cached_and_reasoning_tokens_are_read(served: Endpoint, asked: Asked, parameters: Parameters) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 8}, "completion_tokens_details": {"reasoning_tokens": 5}}
    served.default.usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    usage = (await asked.complete(parameters)).usage
    assert usage == Usage(input_tokens=11, cached_tokens=8, output_tokens=7, reasoning_tokens=5)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45},
            Usage(input_tokens=10, output_tokens=35),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 6},
            Usage(input_tokens=10, cached_tokens=6, output_tokens=5),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 99}},
            Usage(input_tokens=10, cached_tokens=10, output_tokens=5),
        ),
        ({"prompt_tokens": 10}, None),
        ({"prompt_tokens": -1, "completion_tokens": 5}, None),
        (None, None),
    ],
    ids=["reasoning beside the completion", "another name", "more cached than asked", "half", "negative", "none"],
)
async def test_usage_as_servers_really_tell_it(
    served: Endpoint, asked: Asked, told: dict[str, int] | None, usage: Usage | None
) -> None:
    served.default.usage = told
    assert (await asked.complete()).usage == usage


async def test_a_server_that_ignores_stream_is_understood(served: Endpoint, asked: Asked) -> None:
    choice = {"message": {"content": [{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]}}
    served.default.raw = json.dumps({"choices": [choice]}).encode()
    assert (await asked.complete()).text == "in parts"


@BOTH
async def test_connections_are_used_again(served: Endpoint, asked: Asked, parameters: Parameters) -> None:
    for _ in range(5):
        await asked.complete(parameters)
    assert served.connections == 1


@BOTH
async def test_nuls_ansi_codes_markup_and_lone_surrogates_arrive(
    served: Endpoint, asked: Asked, parameters: Parameters
) -> None:
    served.default = Reply(text="\0\x1b[31mred<script>alert(1)</script>\ud800\U0001f600", piece=1000)
    text = (await asked.complete(parameters)).text
    assert text.startswith("\0\x1b[31mred<script>alert(1)</script>")
    assert text.endswith("\U0001f600")


@BOTH
async def test_huge_output_is_cut_and_marked(served: Endpoint, asked: Asked, parameters: Parameters) -> None:
    served.default = Reply(text="x" * 10_000_000, piece=100_000)
    completion = await asked.complete(parameters)
    assert len(completion.text) == MAX_TEXT_CHARACTERS
    assert completion.truncated


@BOTH
@pytest.mark.parametrize(
    "reply", [Reply(finish_reason="content_filter"), Reply(text="", refusal="I will not.")], ids=["filter", "refusal"]
)
async def test_a_refusal_is_told(served: Endpoint, asked: Asked, parameters: Parameters, reply: Reply) -> None:
    served.default = reply
    completion = await asked.complete(parameters)
    assert completion.refused
    assert completion.text in ("hello world", "I will not.")


@pytest.mark.parametrize(
    ("status", "kind", "fault"),
    [
        (400, CallMisconfigured, CallFault.CONFIGURATION),
        (401, CallMisconfigured, CallFault.CONFIGURATION),
        (403, CallMisconfigured, CallFault.CONFIGURATION),
        (404, CallMisconfigured, CallFault.CONFIGURATION),
        (408, EndpointSilent, CallFault.TIMEOUT),
        (409, ProviderBroken, CallFault.PROVIDER),
        (422, CallMisconfigured, CallFault.CONFIGURATION),
        (429, RateLimited, CallFault.RATE_LIMITED),
        (500, ProviderBroken, CallFault.PROVIDER),
        (503, ProviderBroken, CallFault.PROVIDER),
        (529, ProviderBroken, CallFault.PROVIDER),
    ],
)
@BOTH
async def test_each_status_has_its_fault(
    served: Endpoint, asked: Asked, parameters: Parameters, status: int, kind: type[CallFailed], fault: CallFault
) -> None:
    served.default = Reply(status=status, text="no, because of the moon")
    with pytest.raises(kind, match="no, because of the moon") as raised:
        await asked.complete(parameters)
    assert raised.value.fault is fault
    assert not raised.value.perhaps_billed
    assert "sk-secret" not in str(raised.value)
    assert len(served.bodies) == 1, "the SDK must not try again by itself"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        ({"message": "too long", "code": "context_length_exceeded"}, 400, PromptTooLong),
        ({"message": "too long", "type": "exceed_context_size_error"}, 400, PromptTooLong),
        ({"message": "filtered", "code": "content_filter"}, 400, PromptRefused),
        ({"message": "pay first", "code": "insufficient_quota"}, 429, CallMisconfigured),
    ],
)
async def test_codes_that_mean_more_than_their_status(
    served: Endpoint, asked: Asked, error: dict[str, str], status: int, kind: type[CallFailed]
) -> None:
    served.default = Reply(status=status, raw=json.dumps({"error": error}).encode())
    with pytest.raises(kind):
        await asked.complete()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_retry_after_in_all_its_forms(
    served: Endpoint, asked: Asked, headers: dict[str, str], seconds: float | None
) -> None:
    served.default = Reply(status=429, headers=headers)
    with pytest.raises(RateLimited) as raised:
        await asked.complete()
    assert raised.value.retry_after_seconds == seconds


@BOTH
async def test_silence_is_a_time_out_that_may_have_cost(served: Endpoint, asked: Asked, parameters: Parameters) -> None:
    served.default = Reply(hang=True)
    with pytest.raises(EndpointSilent) as raised:
        await asked.complete(parameters)
    assert raised.value.perhaps_billed


async def test_silence_in_the_middle_of_a_stream_is_one_too(served: Endpoint, asked: Asked) -> None:
    served.default = Reply(silent_seconds=5)
    with pytest.raises(EndpointSilent) as raised:
        await asked.complete()
    assert raised.value.perhaps_billed


async def test_nobody_there_is_a_connection_fault_that_cost_nothing(served: Endpoint) -> None:
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    nobody = Asked(f"http://127.0.0.1:{port}/v1", 1.0)
    with pytest.raises(EndpointUnreachable, match=f"127.0.0.1:{port}") as raised:
        await nobody.complete()
    assert not raised.value.perhaps_billed
    await nobody.client.close()


async def test_a_line_that_breaks_may_have_cost(served: Endpoint, asked: Asked) -> None:
    served.default = Reply(break_after=2)
    with pytest.raises((EndpointUnreachable, ProviderBroken)) as raised:
        await asked.complete()
    assert raised.value.perhaps_billed


async def test_a_stream_that_ends_too_early_is_not_an_answer(served: Endpoint, asked: Asked) -> None:
    served.default = Reply(done=False, finish_reason=None)
    with pytest.raises(ProviderBroken, match="before the completion did"):
        await asked.complete()


async def test_a_stream_without_a_finish_reason_but_with_its_end_is_one(served: Endpoint, asked: Asked) -> None:
    served.default = Reply(finish_reason=None)
    assert (await asked.complete()).text == "hello world"


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"<html>Bad gateway</html>", "text/html"),
        (b"", "application/json"),
        (b"[1, 2]", "application/json"),
        (b'{"choices": []}', "application/json"),
        (b'{"choices": [{"message": {"content": 5}}]}', "application/json"),
        (b"data: {broken\n\n", "text/event-stream"),
        (b"data: [DONE]\n\n", "text/event-stream"),
        (b'data: {"error": {"message": "overloaded"}}\n\n', "text/event-stream"),
        (b'{"error": {"message": "overloaded"}}', "application/json"),
    ],
)
async def test_a_malformed_reply_is_the_providers_fault(
    served: Endpoint, asked: Asked, raw: bytes, content_type: str
) -> None:
    served.default = Reply(raw=raw, content_type=content_type)
    with pytest.raises(ProviderBroken):
        await asked.complete()


async def test_events_may_come_in_any_portions_and_with_comments(served: Endpoint, asked: Asked) -> None:
    event = json.dumps({"choices": [{"delta": {"content": "grüß"}, "finish_reason": "stop"}]}, ensure_ascii=False)
    raw = b": keep-alive\r\n\r\nevent: message\r\ndata:" + event.encode() + b"\r\n\r\ndata: [DONE]"
    served.default = Reply(raw=raw, content_type="text/event-stream; charset=utf-8")
    assert (await asked.complete()).text == "grüß"


async def test_an_address_without_http_is_a_configuration_fault() -> None:
    wrong = Asked("ftp://127.0.0.1/v1", 1.0)
    with pytest.raises(CallMisconfigured):
        await wrong.complete()
    await wrong.client.close()
