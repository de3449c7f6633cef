"""Models at OpenAI-compatible endpoints, through the openai SDK's connections, headers and errors.

Bodies are encoded and decoded here instead of by the SDK's types: this tolerates what servers really send, stops
reading at a size limit, and takes 0.8 ms of CPU per call instead of 1.8.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from assay.contracts.codec import encode
from assay.contracts.models import Parameters, Usage
from services.runner.errors import CallFailed, ProviderError
from services.runner.models.error_mapping import to_call_failed
from services.runner.models.key_redaction import KeyRedactor
from services.runner.models.protocol import READ_TIMEOUT_SECONDS, ChatMessage, Completion, OnText
from services.runner.models.request import request_body
from services.runner.models.response import (
    ChatResponse,
    choice_refusal,
    choice_text,
    choice_tool_calls,
    parse_response,
    to_usage,
)
from services.runner.models.tools import ToolCallBuilder
from services.runner.server_sent_events import EventTooLarge, event_data

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; the rest is not read."""
MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of a response without streaming, or of one event of a stream."""
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 3.0
"""Connections idle for longer are not reused. Many servers close them after 5 s, and if a request arrives just then, it
is unknown whether the server processed it."""
_DONE = b"[DONE]"
_DRAIN_SECONDS = 0.1


def open_client(
    base_url: str, api_key: str, connections: int, read_timeout_seconds: float = READ_TIMEOUT_SECONDS
) -> openai.AsyncOpenAI:
    """One client per provider, because it holds the connection pool. The SDK's own retries are off."""
    timeout = httpx2.Timeout(read_timeout_seconds, connect=CONNECT_SECONDS)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=connections, keepalive_expiry=IDLE_SECONDS)
    http = openai.DefaultAioHttpClient(timeout=timeout, limits=limits, trust_env=not _is_loopback(base_url))
    return openai.AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=timeout, http_client=http)


class OpenAIModel:
    """One model behind a client, which other models may share."""

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        self._client = client
        self._model = model
        self._redactor = KeyRedactor(client.api_key)

    async def complete(self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText) -> Completion:
        body = request_body(self._model, messages, parameters)
        try:
            return await self._request(body, _CompletionBuilder(on_text))
        except CallFailed as error:
            raise self._redactor.redact(error) from None
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            address = f"{self._model} at {_public_address(self._client)}"
            raise self._redactor.redact(to_call_failed(error, address)) from None

    async def _request(self, body: dict[str, Any], builder: _CompletionBuilder) -> Completion:
        async with await self._client.post(
            "/chat/completions", content=encode(body), cast_to=bytes, stream=True, stream_cls=_RawStream
        ) as stream:
            if stream.response.headers.get("content-type", "").startswith("text/event-stream"):
                await _read_stream(stream.response.aiter_bytes(), builder)
            else:
                builder.add(parse_response(await _read_body(stream.response.aiter_bytes())))
                builder.ended = True
        return builder.completion()


class _RawStream(openai.AsyncStream[bytes]):
    """A response body, not decoded by the SDK."""

    def __init__(self, *, response: httpx2.Response, **_: Any) -> None:
        self.response = response


class _CompletionBuilder:
    """Collects a completion from the parts of a response."""

    def __init__(self, on_text: OnText) -> None:
        self.ended = False
        self._on_text = on_text
        self._pieces: list[str] = []
        self._characters = 0
        self._calls = ToolCallBuilder()
        self._usage: Usage | None = None
        self._finish_reason = ""
        self._refusal = ""
        self._choices = 0

    @property
    def full(self) -> bool:
        return self._characters + self._calls.characters > MAX_TEXT_CHARACTERS

    def add(self, response: ChatResponse) -> None:
        self._usage = to_usage(response.usage) or self._usage
        for choice in (response.choices or ())[:1]:
            self._choices += 1
            self._finish_reason = choice.finish_reason or self._finish_reason
            self._refusal += choice_refusal(choice)
            self._calls.add(choice_tool_calls(choice))
            if text := choice_text(choice):
                self._pieces.append(text)
                self._characters += len(text)
                self._on_text(text)

    def completion(self) -> Completion:
        """Raises ProviderError if the response was empty or incomplete."""
        if not self._choices:
            raise ProviderError("the response has no choices", may_be_billed=True)
        if not (self._finish_reason or self.full or self.ended):
            raise ProviderError("the stream ended before the completion did", may_be_billed=True)
        return Completion(
            text="".join(self._pieces)[:MAX_TEXT_CHARACTERS] or self._refusal,
            tool_calls=self._calls.calls(),
            usage=self._usage,
            finish_reason=self._finish_reason,
            refused=bool(self._refusal) or self._finish_reason in ("content_filter", "refusal"),
            truncated=self.full,
        )


async def _read_stream(chunks: AsyncIterator[bytes], builder: _CompletionBuilder) -> None:
    try:
        async with aclosing(event_data(chunks, MAX_BODY_BYTES)) as events:
            async for data in events:
                if data == _DONE:
                    builder.ended = True
                    await _drain(chunks)
                    return
                builder.add(parse_response(data))
                if builder.full:
                    return
    except EventTooLarge as error:
        raise ProviderError(str(error), may_be_billed=True) from error


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Reads the end of the body, without which the connection cannot be reused."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in chunks:
                pass


async def _read_body(chunks: AsyncIterator[bytes]) -> bytes:
    read: list[bytes] = []
    size = 0
    async for chunk in chunks:
        read.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise ProviderError(f"the response is over {MAX_BODY_BYTES} bytes", may_be_billed=True)
    return b"".join(read)


def _public_address(client: openai.AsyncOpenAI) -> str:
    """The endpoint's host and path, without any user name or key in its URL."""
    url = client.base_url
    return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}{url.path}"


def _is_loopback(base_url: str) -> bool:
    """Endpoints on this machine are never reached through a proxy."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
