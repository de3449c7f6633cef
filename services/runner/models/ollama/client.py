"""A provider with Ollama's own API, which unlike its OpenAI-compatible one takes all options of a model.

https://docs.ollama.com/api/chat
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import ollama
from pydantic import ValidationError

from assay.contracts.codec import encode
from assay.contracts.models import Parameters, Usage
from assay.contracts.rpc import OfferedModel
from services.runner.errors import (
    CallFailed,
    EndpointTimeout,
    EndpointUnreachable,
    ProviderError,
)
from services.runner.models.http.pinned_transport import PinnedTransport
from services.runner.models.http.settings import refuse_redirect
from services.runner.models.http.transport_errors import describe
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.ollama.request import json_or_text, request_body, with_unknown_options
from services.runner.models.protocol import (
    Completion,
    Model,
    ModelRequest,
    OnText,
    ToolCall,
    ignore_text,
)
from services.runner.models.provider_client import NO_KEY, Connection, OnPullProgress
from services.runner.models.reported_errors import read_error, to_call_failed
from services.runner.models.sent_parameters import ParameterMistake

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; the rest is not read."""
SDK_ERRORS = (ollama.ResponseError, ConnectionError, httpx.HTTPError, ValidationError, ValueError)
CONNECT_SECONDS = 5.0
_PULLED = "success"


class OllamaClient:
    def __init__(self, sdk: ollama.AsyncClient, address: str, redactor: KeyRedactor) -> None:
        self._sdk, self._address, self._redactor = sdk, address, redactor

    def model(self, name: str) -> Model:
        return OllamaModel(self._sdk, name, f"{name} at {self._address}", self._redactor)

    def parameter_mistakes(self, model: str, parameters: Parameters) -> list[ParameterMistake]:
        return []

    async def offered(self) -> list[OfferedModel]:
        """The installed models."""
        try:
            found = (await self._sdk.list()).models
        except SDK_ERRORS as error:
            raise self._redactor.redact(_failure(error, self._address, answered=False)) from None
        return [OfferedModel(name=model.model or "", detail=_detail(model)) for model in found]

    async def pull(self, name: str, on_progress: OnPullProgress) -> None:
        """Ollama joins pulls of the same files, and resumes an interrupted one. https://docs.ollama.com/api/pull"""
        files: dict[str, tuple[int, int]] = {}
        status = ""
        try:
            async for part in await self._sdk.pull(name, stream=True):
                status = part.status or status
                if part.digest and part.total:
                    files[part.digest] = (part.completed or 0, part.total)
                completed, total = (sum(counts) for counts in zip(*files.values(), strict=True)) if files else (0, 0)
                on_progress(status, completed, total)
        except SDK_ERRORS as error:
            raise self._redactor.redact(_failure(error, self._address, answered=False)) from None
        if status != _PULLED:
            raise ProviderError(f"{self._address} ended the download of {name} at step {status!r} without a result")

    async def close(self) -> None:
        await self._sdk.close()


class OllamaModel:
    """One model behind a client, which other models may share."""

    def __init__(self, sdk: ollama.AsyncClient, model: str, address: str, redactor: KeyRedactor) -> None:
        self._sdk, self._model, self._address, self._redactor = sdk, model, address, redactor

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        reply = _Reply(self._address, on_text, on_reasoning)
        try:
            async for part in self._parts(request):
                reply.add(part)
                if reply.full:
                    break
            return with_unknown_options(reply.completion(), request.parameters)
        except SDK_ERRORS as error:
            raise self._redactor.redact(_failure(error, self._address, answered=reply.has_output)) from None

    async def _parts(self, request: ModelRequest) -> AsyncIterator[ollama.ChatResponse]:
        body = request_body(self._model, request)
        if not request.parameters.stream:
            yield await self._sdk.chat(**body, stream=False)
            return
        async for part in await self._sdk.chat(**body, stream=True):
            yield part


class _Reply:
    """Collects a completion from the parts of a reply."""

    def __init__(self, address: str, on_text: OnText, on_reasoning: OnText) -> None:
        self._address, self._on_text, self._on_reasoning = address, on_text, on_reasoning
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[ToolCall] = []
        self._last: ollama.ChatResponse | None = None
        self._characters = 0

    @property
    def full(self) -> bool:
        return self._characters > MAX_TEXT_CHARACTERS

    @property
    def has_output(self) -> bool:
        return bool(self._text or self._reasoning or self._calls)

    def add(self, part: ollama.ChatResponse) -> None:
        message = part.message
        for found, kept, forward in (
            (message.content, self._text, self._on_text),
            (message.thinking, self._reasoning, self._on_reasoning),
        ):
            if found:
                kept.append(found)
                forward(found)
                self._characters += len(found)
        for call in message.tool_calls or ():
            arguments = encode(dict(call.function.arguments)).decode()
            self._calls.append(
                ToolCall(call_id=f"call_{len(self._calls)}", name=call.function.name, arguments=arguments)
            )
        if part.done:
            self._last = part

    def completion(self) -> Completion:
        """Raises ProviderError if the reply ended before the answer did."""
        if self._last is None and not self.full:
            raise ProviderError(f"the reply of {self._address} ended before the answer did", may_be_billed=True)
        return Completion(
            text="".join(self._text)[:MAX_TEXT_CHARACTERS],
            reasoning="".join(self._reasoning),
            tool_calls=tuple(self._calls),
            usage=_usage(self._last),
            finish_reason=(self._last and self._last.done_reason) or "",
            truncated=self.full,
            served_model=(self._last and self._last.model) or "",
        )


def _failure(error: Exception, address: str, *, answered: bool) -> CallFailed:
    match error:
        case ollama.ResponseError():
            reported = read_error(json_or_text(error.error))
            status = error.status_code if error.status_code >= 400 else None
            text = f"{address} answered {status or 'with an error'}: {reported.message}"
            return to_call_failed(reported, text, status=status, may_be_billed=answered)
        case ConnectionError() | httpx.ConnectError() | httpx.ConnectTimeout():
            return EndpointUnreachable(f"cannot connect to {address}; is Ollama running?")
        case httpx.TimeoutException():
            return EndpointTimeout(f"{address} did not answer in time ({type(error).__name__})", may_be_billed=True)
        case httpx.HTTPError():
            return EndpointUnreachable(f"the connection to {address} broke: {describe(error)}", may_be_billed=True)
        case _:
            text = f"the reply of {address} is not an answer: {describe(error)}"
            return ProviderError(text, may_be_billed=True)


def _detail(model: ollama.ListResponse.Model) -> str:
    details = model.details
    size = f"{model.size / 1e9:.1f} GB" if model.size else ""
    known = (details and details.parameter_size, details and details.quantization_level, size)
    return ", ".join(filter(None, known))


def open_client(connection: Connection) -> OllamaClient:
    address = (connection.base_url or "").rstrip("/").removesuffix("/v1")  # that of its OpenAI-compatible API works too
    timeout = httpx.Timeout(connection.read_timeout_seconds, connect=CONNECT_SECONDS)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=connection.connections)
    headers = {"authorization": f"Bearer {connection.api_key}"} if connection.api_key != NO_KEY else {}
    transport: Any = None
    if connection.policy is not None:
        transport = PinnedTransport(httpx.AsyncHTTPTransport(limits=limits), connection.policy, httpx.ConnectError)
    sdk = ollama.AsyncClient(
        host=address,
        timeout=timeout,
        limits=limits,
        headers=headers,
        follow_redirects=False,
        event_hooks={"response": [refuse_redirect]},
        transport=transport,
        trust_env=connection.policy is None,
    )
    return OllamaClient(sdk, address, KeyRedactor(connection.api_key))


def _usage(last: ollama.ChatResponse | None) -> Usage | None:
    """Ollama omits the count of a prompt that it had in its cache."""
    if last is None or not last.prompt_eval_count or not last.eval_count:
        return None
    return Usage(input_tokens=last.prompt_eval_count, output_tokens=last.eval_count)
