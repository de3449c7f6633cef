"""Requests to, and responses from, an OpenAI-compatible server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.contracts.models import Parameters, Usage
from assay.contracts.money import IMAGE_TOKENS
from services.runner.errors import CallMisconfigured
from services.runner.models import ChatMessage, Completion, Image, ModelRequest, ToolCall
from services.runner.models.openai.completion_builder import MAX_TEXT_CHARACTERS
from services.runner.models.openai.request import is_reasoning_model, request_body
from services.runner.models.token_count import worst_case_usage
from services.runner.models.usage_bound import TOOLS_TOKENS, usage_bound
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.harness import BOTH, ModelClient, to_request


@BOTH
async def test_a_completion_has_text_usage_and_finish_reason(client: ModelClient, parameters: Parameters) -> None:
    completion = await client.complete(parameters)
    assert completion == Completion(
        text="hello world",
        usage=Usage(input_tokens=11, output_tokens=7),
        finish_reason="stop",
        served_model="stub-1",
    )
    assert "".join(client.pieces) == "hello world"


async def test_streamed_text_arrives_in_pieces(client: ModelClient) -> None:
    await client.complete()
    assert client.pieces == ["hell", "o wo", "rld"]


async def test_all_parameters_are_in_the_request(endpoint: FakeEndpoint, client: ModelClient) -> None:
    parameters = Parameters(temperature=0.5, top_p=0.9, max_tokens=5, seed=3, stop=("END",), extra={"top_k": 4})
    await client.complete(parameters)
    assert endpoint.bodies == [
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
    assert endpoint.headers[0]["authorization"] == "Bearer sk-secret"


@pytest.mark.parametrize(
    ("model", "reasoning"),
    [
        *((name, True) for name in ("o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5-nano", "openai/gpt-5.1", "gpt-6-mini")),
        *((name, False) for name in ("gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "o", "olmo-2", "solar-o1x", "phi-4")),
    ],
)
def test_reasoning_models_get_no_sampling_parameters(model: str, reasoning: bool) -> None:
    body = request_body(model, to_request(Parameters(temperature=0, top_p=0.5, max_tokens=9, stream=False)))
    assert is_reasoning_model(model) is reasoning
    assert ("temperature" in body, "top_p" in body, "max_tokens" in body) == (not reasoning,) * 3
    assert body.get("max_completion_tokens") == (9 if reasoning else None)


@BOTH
async def test_cached_and_reasoning_tokens_are_read(
    endpoint: FakeEndpoint, client: ModelClient, parameters: Parameters
) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 8}, "completion_tokens_details": {"reasoning_tokens": 5}}
    endpoint.default.usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    usage = (await client.complete(parameters)).usage
    assert usage == Usage(input_tokens=11, cached_tokens=8, output_tokens=7, reasoning_tokens=5)


@pytest.mark.parametrize(
    ("body", "usage"),
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
    ids=["reasoning only in the total", "another name", "more cached than sent", "half", "negative", "none"],
)
async def test_usage_in_different_servers_formats(
    endpoint: FakeEndpoint, client: ModelClient, body: dict[str, int] | None, usage: Usage | None
) -> None:
    endpoint.default.usage = body
    assert (await client.complete()).usage == usage


async def test_a_server_may_ignore_stream(endpoint: FakeEndpoint, client: ModelClient) -> None:
    choice = {"message": {"content": [{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]}}
    endpoint.default.raw = json.dumps({"choices": [choice]}).encode()
    assert (await client.complete()).text == "in parts"


@BOTH
async def test_connections_are_reused(endpoint: FakeEndpoint, client: ModelClient, parameters: Parameters) -> None:
    for _ in range(20):
        await client.complete(parameters)
    assert endpoint.connections < 5, "a busy machine may let a connection idle for too long"


@BOTH
async def test_control_characters_and_lone_surrogates_are_kept(
    endpoint: FakeEndpoint, client: ModelClient, parameters: Parameters
) -> None:
    endpoint.default = Reply(text="\0\x1b[31mred<script>alert(1)</script>\ud800\U0001f600", piece=1000)
    text = (await client.complete(parameters)).text
    assert text.startswith("\0\x1b[31mred<script>alert(1)</script>")
    assert text.endswith("\U0001f600")


@BOTH
async def test_huge_output_is_truncated_and_marked(
    endpoint: FakeEndpoint, client: ModelClient, parameters: Parameters
) -> None:
    endpoint.default = Reply(text="x" * 10_000_000, piece=100_000)
    completion = await client.complete(parameters)
    assert len(completion.text) == MAX_TEXT_CHARACTERS
    assert completion.truncated


@BOTH
@pytest.mark.parametrize(
    "reply", [Reply(finish_reason="content_filter"), Reply(text="", refusal="I will not.")], ids=["filter", "refusal"]
)
async def test_a_refusal_is_recognized(
    endpoint: FakeEndpoint, client: ModelClient, parameters: Parameters, reply: Reply
) -> None:
    endpoint.default = reply
    completion = await client.complete(parameters)
    assert completion.refused
    assert completion.text in ("hello world", "I will not.")


# --- extra


@pytest.mark.parametrize(
    ("extra", "limits"),
    [
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_tokens": 5000}, {"max_tokens": 9}),
        ({"max_tokens": 0}, {"max_tokens": 9}),
        ({"max_tokens": None}, {"max_tokens": 9}),
        ({"max_tokens": "many"}, {"max_tokens": 9}),
        ({"max_tokens": True}, {"max_tokens": 9}),
        ({"max_tokens": None, "max_completion_tokens": 70}, {"max_tokens": None, "max_completion_tokens": 9}),
        ({"max_completion_tokens": 7}, {"max_tokens": 9, "max_completion_tokens": 7}),
    ],
)
def test_extra_may_rename_and_lower_the_token_limit_but_not_raise_it(
    extra: dict[str, Any], limits: dict[str, Any]
) -> None:
    body = request_body("m", to_request(Parameters(max_tokens=9, extra=extra)))
    assert {name: value for name, value in body.items() if "tokens" in name} == limits


@pytest.mark.parametrize("name", ["model", "models", "messages", "n", "best_of"])
def test_extra_may_not_set_reserved_fields(name: str) -> None:
    with pytest.raises(CallMisconfigured, match=f"parameters.extra sets {name}, which only the runner may set"):
        request_body("m", to_request(Parameters(max_tokens=9, extra={name: 2})))


def bound_of(*messages: ChatMessage, extra: dict[str, Any] | None = None) -> Usage:
    return usage_bound(ModelRequest(messages=messages, parameters=Parameters(max_tokens=9, extra=extra or {})))


def test_the_usage_bound_counts_every_byte() -> None:
    messages = (ChatMessage(role="system", content="größer"), ChatMessage(role="user", content="x"))
    assert bound_of(*messages) == Usage(input_tokens=8 + 1 + 2 * 16, output_tokens=9)
    extra = {"tools": ["y" * 100]}
    assert bound_of(*messages, extra=extra).input_tokens == 41 + len('{"tools":[""]}') + 100 + TOOLS_TOKENS


def test_the_usage_bound_counts_each_image_whatever_its_size() -> None:
    for data in (b"x", b"x" * 1_000_000):
        image = Image(media_type="image/png", data=data)
        message = ChatMessage(role="user", content="x", images=(image, image))
        assert bound_of(message).input_tokens == 1 + 16 + 2 * IMAGE_TOKENS


async def test_an_unfinished_request_with_an_image_is_estimated_within_its_bound() -> None:
    image = Image(media_type="image/png", data=b"x")
    message = ChatMessage(role="user", content="What is in this picture?", images=(image,))
    request = ModelRequest(messages=(message,), parameters=Parameters(max_tokens=9))
    worst = await worst_case_usage(request, usage_bound(request))
    assert IMAGE_TOKENS < worst.input_tokens < usage_bound(request).input_tokens
    assert IMAGE_TOKENS > 2_833 + 8 * 5_667, "what OpenAI documents for gpt-4o-mini"


def test_the_usage_bound_counts_tool_calls_and_results() -> None:
    call = ToolCall(call_id="c1", name="bash", arguments='{"command":"ü"}')
    messages = (
        ChatMessage(role="assistant", content="", tool_calls=(call,)),
        ChatMessage(role="tool", content="ok", tool_call_id="c1"),
    )
    sent = len("c1" + "bash" + '{"command":"u"}') + 1 + len("ok" + "c1")
    assert bound_of(*messages).input_tokens == sent + 3 * 16
