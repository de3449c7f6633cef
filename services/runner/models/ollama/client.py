"""A provider with Ollama's own API, which unlike its OpenAI-compatible one takes all options of a model.

https://docs.ollama.com/api/chat
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx
import msgspec
import ollama
from pydantic import ValidationError

from assay.contracts.codec import encode
from assay.contracts.models import Parameters, ReasoningEffort, Usage
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
from services.runner.models.protocol import (
    ChatMessage,
    Completion,
    Model,
    ModelRequest,
    OnText,
    ToolCall,
    ToolDefinition,
    ignore_text,
)
from services.runner.models.provider_client import NO_KEY, Connection, OnPullProgress
from services.runner.models.reported_errors import read_error, to_call_failed
from services.runner.models.sent_parameters import ParameterMistake, check_extra
from services.runner.models.usage_bound import UNNAMED

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; the rest is not read."""
SDK_ERRORS = (ollama.ResponseError, ConnectionError, httpx.HTTPError, ValidationError, ValueError)
CONNECT_SECONDS = 5.0
_PULLED = "success"
_RESERVED = frozenset({"model", "messages", "stream", "tools", "options"})
_TOP_LEVEL = frozenset({"keep_alive", "think", "format", "logprobs", "top_logprobs"})
"""Members of ``extra`` that belong to the request; all others are options of the model, such as ``num_ctx``."""
_OPTIONS = frozenset({*ollama.Options.model_fields, "min_p"})
"""Ollama ignores all others without an error."""


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
            return _with_unknown_options(reply.completion(), request.parameters)
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
            reported = read_error(_body(error.error))
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


def request_body(model: str, request: ModelRequest) -> dict[str, Any]:
    """The arguments of the library's ``chat``. Raises CallMisconfigured if ``extra`` sets a reserved field."""
    parameters = request.parameters
    check_extra(parameters, _RESERVED)
    top_level = {name: value for name, value in parameters.extra.items() if name in _TOP_LEVEL}
    return {
        "model": model,
        "messages": list(_messages(request.messages)),
        "tools": [_tool(tool) for tool in request.tools],
        "options": _options(parameters),
        "think": _think(parameters.reasoning_effort),
        "format": parameters.response_schema,
    } | top_level


def _options(parameters: Parameters) -> dict[str, Any]:
    options = {
        "num_predict": parameters.max_tokens,
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "top_k": parameters.top_k,
        "seed": parameters.seed,
        "stop": list(parameters.stop) or None,
        **{name: value for name, value in parameters.extra.items() if name not in _TOP_LEVEL},
    }
    return {name: value for name, value in options.items() if value is not None}


def _with_unknown_options(completion: Completion, parameters: Parameters) -> Completion:
    """With a note about options that had no effect; unchanged if there are none."""
    unknown = sorted(parameters.extra.keys() - _OPTIONS - _TOP_LEVEL)
    if not unknown:
        return completion
    note = f"parameters.extra sets {', '.join(unknown)}, which Ollama does not have as an option and probably ignored"
    return msgspec.structs.replace(completion, notes=(*completion.notes, note))


def _think(effort: ReasoningEffort | None) -> bool | str | None:
    """Most models only know whether to think."""
    if effort is None:
        return None
    levels = {ReasoningEffort.NONE: False, ReasoningEffort.LOW: "low", ReasoningEffort.MEDIUM: "medium"}
    return levels.get(effort, "low" if effort is ReasoningEffort.MINIMAL else "high")


def _messages(messages: Sequence[ChatMessage]) -> Iterator[dict[str, Any]]:
    names = {call.call_id: call.name or UNNAMED for message in messages for call in message.tool_calls}
    for message in messages:
        body: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.images:
            body["images"] = [image.data for image in message.images]
        if message.role == "tool":
            body["tool_name"] = names.get(message.tool_call_id, UNNAMED)
        if message.tool_calls:
            body["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
        yield body


def _tool_call(call: ToolCall) -> dict[str, Any]:
    arguments = _body(call.arguments or "{}")
    object_ = arguments if isinstance(arguments, dict) else {"invalid": arguments}
    return {"function": {"name": call.name or UNNAMED, "arguments": object_}}


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.arguments}
    return {"type": "function", "function": function}


def _usage(last: ollama.ChatResponse | None) -> Usage | None:
    """Ollama omits the count of a prompt that it had in its cache."""
    if last is None or not last.prompt_eval_count or not last.eval_count:
        return None
    return Usage(input_tokens=last.prompt_eval_count, output_tokens=last.eval_count)


def _body(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
