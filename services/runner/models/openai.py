"""Any endpoint that speaks OpenAI's dialect, by the openai SDK: its connections, headers and errors.

Bodies are written and read here and not by the SDK's own types: what servers really send can be borne, reading stops
at a cap, and a call costs 0.8 ms of processor time instead of 1.8.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from assay.contracts.codec import encode
from assay.contracts.models import Parameters, Usage
from services.runner.errors import CallFailed, ProviderBroken
from services.runner.models.error_mapping import failure_of
from services.runner.models.key_redaction import Secret
from services.runner.models.protocol import SILENCE_SECONDS, ChatMessage, Completion, OnText
from services.runner.models.request import request_body
from services.runner.models.response import Reply, calls_of, read_reply, refusal_of, text_of, usage_of
from services.runner.models.tools import CallsHeard
from services.runner.server_sent_events import DONE, events

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; what comes after is not read."""
MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of a reply that is not streamed; it cannot be understood in part."""
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 3.0
"""Connections unused for so long are not used again. Many servers hang up after 5 s, and nobody knows whether they have
heard a request that meets them doing so."""


def open_client(
    base_url: str, api_key: str, connections: int, silence_seconds: float = SILENCE_SECONDS
) -> openai.AsyncOpenAI:
    """One per provider: it holds the pool of connections. The SDK's own retries are off."""
    timeout = httpx2.Timeout(silence_seconds, connect=CONNECT_SECONDS)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=connections, keepalive_expiry=IDLE_SECONDS)
    http = openai.DefaultAioHttpClient(timeout=timeout, limits=limits, trust_env=not _is_loopback(base_url))
    return openai.AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=timeout, http_client=http)


class OpenAIModel:
    """One model behind a client that others may share."""

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        self._client = client
        self._model = model
        self._key = Secret(client.api_key)

    async def complete(self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText) -> Completion:
        body = request_body(self._model, messages, parameters)
        try:
            return await self._ask(body, _Heard(on_text))
        except CallFailed as error:
            raise self._key.left_out(error) from None
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._key.left_out(failure_of(error, f"{self._model} at {_shown(self._client)}")) from None

    async def _ask(self, body: dict[str, Any], heard: _Heard) -> Completion:
        async with await self._client.post(
            "/chat/completions", content=encode(body), cast_to=bytes, stream=True, stream_cls=_Portions
        ) as portions:
            if portions.response.headers.get("content-type", "").startswith("text/event-stream"):
                await self._read_stream(portions.response.aiter_bytes(), heard)
            else:
                heard.take(read_reply(await _whole(portions.response.aiter_bytes())))
                heard.ended = True
        return heard.completion()

    async def _read_stream(self, portions: AsyncIterator[bytes], heard: _Heard) -> None:
        async for data in events(portions):
            if data == DONE:
                heard.ended = True
                continue
            heard.take(read_reply(data))
            if heard.full:
                return


class _Portions(openai.AsyncStream[bytes]):
    """A reply's body as it arrives, left as it is."""

    def __init__(self, *, response: httpx2.Response, **_: Any) -> None:
        self.response = response


class _Heard:
    """A completion as it grows."""

    def __init__(self, on_text: OnText) -> None:
        self.ended = False
        self._on_text = on_text
        self._pieces: list[str] = []
        self._characters = 0
        self._calls = CallsHeard()
        self._usage: Usage | None = None
        self._finish_reason = ""
        self._refusal = ""
        self._choices = 0

    @property
    def full(self) -> bool:
        return self._characters + self._calls.characters > MAX_TEXT_CHARACTERS

    def take(self, reply: Reply) -> None:
        self._usage = usage_of(reply.usage) or self._usage
        for choice in (reply.choices or ())[:1]:
            self._choices += 1
            self._finish_reason = choice.finish_reason or self._finish_reason
            self._refusal += refusal_of(choice)
            self._calls.take(calls_of(choice))
            if text := text_of(choice):
                self._pieces.append(text)
                self._characters += len(text)
                self._on_text(text)

    def completion(self) -> Completion:
        """Raises ProviderBroken when there was nothing in it, or it stopped before its end."""
        if not self._choices:
            raise ProviderBroken("the reply has no choices", perhaps_billed=True)
        if not (self._finish_reason or self.full or self.ended):
            raise ProviderBroken("the stream ended before the completion did", perhaps_billed=True)
        return Completion(
            text="".join(self._pieces)[:MAX_TEXT_CHARACTERS] or self._refusal,
            tool_calls=self._calls.calls(),
            usage=self._usage,
            finish_reason=self._finish_reason,
            refused=bool(self._refusal) or self._finish_reason in ("content_filter", "refusal"),
            truncated=self.full,
        )


async def _whole(portions: AsyncIterator[bytes]) -> bytes:
    read: list[bytes] = []
    size = 0
    async for portion in portions:
        read.append(portion)
        size += len(portion)
        if size > MAX_BODY_BYTES:
            raise ProviderBroken(f"the reply is over {MAX_BODY_BYTES} bytes", perhaps_billed=True)
    return b"".join(read)


def _shown(client: openai.AsyncOpenAI) -> str:
    """Host and path of the endpoint, without user names or keys that an address may hold."""
    url = client.base_url
    return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}{url.path}"


def _is_loopback(base_url: str) -> bool:
    """What is on this machine is never asked through a proxy."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
