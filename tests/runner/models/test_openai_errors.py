"""How requests to an OpenAI-compatible endpoint fail, and what each failure is called."""

from __future__ import annotations

import json
import socket

import pytest

from assay.contracts.models import CallFault, Parameters
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
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.models.harness import BOTH, Asked


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


@pytest.mark.parametrize("silence_seconds", [0.3])
@BOTH
async def test_silence_is_a_time_out_that_may_have_cost(served: Endpoint, asked: Asked, parameters: Parameters) -> None:
    served.default = Reply(hang=True)
    with pytest.raises(EndpointSilent) as raised:
        await asked.complete(parameters)
    assert raised.value.perhaps_billed


@pytest.mark.parametrize("silence_seconds", [0.3])
async def test_silence_in_the_middle_of_a_stream_is_one_too(served: Endpoint, asked: Asked) -> None:
    served.default = Reply(silent_seconds=5)
    with pytest.raises(EndpointSilent) as raised:
        await asked.complete()
    assert raised.value.perhaps_billed


async def test_nobody_there_is_a_connection_fault_that_cost_nothing() -> None:
    with socket.socket() as taken:  # a port nobody listens on, and nobody else is given
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        nobody = Asked(f"http://127.0.0.1:{port}/v1", 30.0)
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


async def test_a_server_that_hangs_up_without_a_word_may_have_heard(served: Endpoint, asked: Asked) -> None:
    served.default = Reply(hang_up=True)
    with pytest.raises(EndpointUnreachable, match="hung up") as raised:
        await asked.complete()
    assert raised.value.perhaps_billed
