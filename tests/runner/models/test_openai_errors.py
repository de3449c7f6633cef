"""Failures of requests to an OpenAI-compatible endpoint, and the errors they map to."""

from __future__ import annotations

import json
import socket

import pytest

from assay.contracts.models import CallFault, Parameters
from services.runner.errors import (
    AccessRefused,
    AuthenticationFailed,
    CallFailed,
    CallMisconfigured,
    CallPermanent,
    EndpointTimeout,
    EndpointUnreachable,
    PromptRefused,
    PromptTooLong,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.models.harness import BOTH, ModelClient


@pytest.mark.parametrize(
    ("status", "kind", "fault"),
    [
        (400, CallMisconfigured, CallFault.CONFIGURATION),
        (401, AuthenticationFailed, CallFault.AUTHENTICATION),
        (403, AuthenticationFailed, CallFault.AUTHENTICATION),
        (404, CallMisconfigured, CallFault.CONFIGURATION),
        (408, EndpointTimeout, CallFault.TIMEOUT),
        (409, ProviderError, CallFault.PROVIDER),
        (422, CallMisconfigured, CallFault.CONFIGURATION),
        (429, RateLimited, CallFault.RATE_LIMITED),
        (500, ProviderError, CallFault.PROVIDER),
        (503, ProviderUnavailable, CallFault.PROVIDER),
        (529, ProviderUnavailable, CallFault.PROVIDER),
    ],
)
@BOTH
async def test_each_status_maps_to_a_fault(
    endpoint: FakeEndpoint,
    client: ModelClient,
    parameters: Parameters,
    status: int,
    kind: type[CallFailed],
    fault: CallFault,
) -> None:
    endpoint.default = Reply(status=status, text="no, because of the moon")
    with pytest.raises(kind, match="no, because of the moon") as raised:
        await client.complete(parameters)
    assert raised.value.fault is fault
    assert not raised.value.may_be_billed
    assert "sk-secret" not in str(raised.value)
    assert len(endpoint.bodies) == 1, "the SDK must not retry"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        ({"message": "too long", "code": "context_length_exceeded"}, 400, PromptTooLong),
        ({"message": "too long", "type": "exceed_context_size_error"}, 400, PromptTooLong),
        ({"message": "filtered", "code": "content_filter"}, 400, PromptRefused),
        ({"message": "pay first", "code": "insufficient_quota"}, 429, CallMisconfigured),
    ],
)
async def test_error_codes_that_override_the_status(
    endpoint: FakeEndpoint, client: ModelClient, error: dict[str, str], status: int, kind: type[CallFailed]
) -> None:
    endpoint.default = Reply(status=status, raw=json.dumps({"error": error}).encode())
    with pytest.raises(kind):
        await client.complete()


@pytest.mark.parametrize(
    ("reply", "every_request"),
    [
        (Reply(status=401, text="wrong key"), True),
        (Reply(status=402, text="no credit"), True),
        (Reply(status=403, text="not for your account"), True),
        (Reply(status=404, text="no such model"), True),
        (Reply(status=429, raw=b'{"error": {"message": "pay first", "code": "insufficient_quota"}}'), True),
        (Reply(status=403, text="your input was flagged"), False),
        (Reply(status=400, text="temperature must be 1"), False),
        (Reply(status=422, text="no such parameter"), False),
    ],
)
async def test_refusals_of_every_request_differ_from_those_of_one(
    endpoint: FakeEndpoint, client: ModelClient, reply: Reply, every_request: bool
) -> None:
    endpoint.default = reply
    with pytest.raises(CallPermanent) as raised:
        await client.complete()
    assert isinstance(raised.value, AccessRefused) is every_request


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
async def test_every_form_of_retry_after_is_read(
    endpoint: FakeEndpoint, client: ModelClient, headers: dict[str, str], seconds: float | None
) -> None:
    endpoint.default = Reply(status=429, headers=headers)
    with pytest.raises(RateLimited) as raised:
        await client.complete()
    assert raised.value.retry_after_seconds == seconds


@pytest.mark.parametrize("read_timeout_seconds", [0.3])
@BOTH
async def test_a_read_timeout_may_be_billed(
    endpoint: FakeEndpoint, client: ModelClient, parameters: Parameters
) -> None:
    endpoint.default = Reply(hang=True)
    with pytest.raises(EndpointTimeout) as raised:
        await client.complete(parameters)
    assert raised.value.may_be_billed


@pytest.mark.parametrize("read_timeout_seconds", [0.3])
async def test_a_stalled_stream_is_a_timeout(endpoint: FakeEndpoint, client: ModelClient) -> None:
    endpoint.default = Reply(silent_seconds=5)
    with pytest.raises(EndpointTimeout) as raised:
        await client.complete()
    assert raised.value.may_be_billed


async def test_a_refused_connection_is_not_billed() -> None:
    with socket.socket() as taken:  # reserves a port without listening
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        client = ModelClient(f"http://127.0.0.1:{port}/v1", 30.0)
        with pytest.raises(EndpointUnreachable, match=f"127.0.0.1:{port}") as raised:
            await client.complete()
    assert not raised.value.may_be_billed
    await client.provider.close()


async def test_a_broken_connection_may_be_billed(endpoint: FakeEndpoint, client: ModelClient) -> None:
    endpoint.default = Reply(break_after=2)
    with pytest.raises((EndpointUnreachable, ProviderError)) as raised:
        await client.complete()
    assert raised.value.may_be_billed


async def test_an_incomplete_stream_is_an_error(endpoint: FakeEndpoint, client: ModelClient) -> None:
    endpoint.default = Reply(done=False, finish_reason=None)
    with pytest.raises(ProviderError, match="before the completion did"):
        await client.complete()


async def test_a_stream_may_lack_a_finish_reason_if_it_ends_with_done(
    endpoint: FakeEndpoint, client: ModelClient
) -> None:
    endpoint.default = Reply(finish_reason=None)
    assert (await client.complete()).text == "hello world"


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
async def test_a_malformed_response_is_a_provider_error(
    endpoint: FakeEndpoint, client: ModelClient, raw: bytes, content_type: str
) -> None:
    endpoint.default = Reply(raw=raw, content_type=content_type)
    with pytest.raises(ProviderError):
        await client.complete()


async def test_event_streams_may_have_comments_and_no_final_newline(
    endpoint: FakeEndpoint, client: ModelClient
) -> None:
    event = json.dumps({"choices": [{"delta": {"content": "grüß"}, "finish_reason": "stop"}]}, ensure_ascii=False)
    raw = b": keep-alive\r\n\r\nevent: message\r\ndata:" + event.encode() + b"\r\n\r\ndata: [DONE]"
    endpoint.default = Reply(raw=raw, content_type="text/event-stream; charset=utf-8")
    assert (await client.complete()).text == "grüß"


async def test_an_address_without_http_is_misconfigured() -> None:
    client = ModelClient("ftp://127.0.0.1/v1", 1.0)
    with pytest.raises(CallMisconfigured):
        await client.complete()
    await client.provider.close()


async def test_a_connection_closed_without_an_answer_may_be_billed(endpoint: FakeEndpoint, client: ModelClient) -> None:
    endpoint.default = Reply(hang_up=True)
    with pytest.raises(EndpointUnreachable, match="closed the connection") as raised:
        await client.complete()
    assert raised.value.may_be_billed
