"""Models at OpenAI's Responses API, through the openai SDK. Nothing is stored at the provider: each request has the
whole conversation, with the model's encrypted reasoning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import openai
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseErrorEvent,
    ResponseFailedEvent,
    ResponseIncompleteEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningTextDeltaEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
)

from assay.contracts.models import Parameters, Usage
from services.runner.errors import CallFailed, ProviderError
from services.runner.models.http.settings import public_address
from services.runner.models.http.transport_errors import describe
from services.runner.models.keys.redaction import KeyRedactor
from services.runner.models.openai.request import SCHEMA_NAME, is_reasoning_model
from services.runner.models.openai.sdk_errors import from_sdk
from services.runner.models.protocol import (
    ChatMessage,
    Completion,
    ModelRequest,
    OnText,
    ToolCall,
    ToolDefinition,
    ignore_text,
)
from services.runner.models.reported_errors import read_error, to_call_failed
from services.runner.models.sent_parameters import NO_SEED, ParameterMistake, check_extra, with_omissions
from services.runner.models.usage_bound import UNNAMED

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; the rest is cut off."""
_RESERVED = frozenset({"model", "input", "instructions", "stream", "store", "background"})
_NATIVE = ("message", "reasoning", "function_call")


class ResponsesModel:
    """One model behind a client, which other models may share."""

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        self._client, self._model = client, model
        self._address = f"{model} at {public_address(client.base_url)}"
        self._redactor = KeyRedactor(client.api_key)

    async def complete(self, request: ModelRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> Completion:
        started: list[str] = []

        def forward(text: str) -> None:
            started.append(text)
            on_text(text)

        try:
            response = await self._respond(request_body(self._model, request), forward, on_reasoning)
            return with_omissions(self._completion(response), self._model, omitted(self._model, request.parameters))
        except CallFailed as error:
            raise self._redactor.redact(error) from None
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            failure = from_sdk(error, self._address)
            failure.may_be_billed = failure.may_be_billed or bool(started)
            raise self._redactor.redact(failure) from None
        except ValueError as error:
            text = f"the reply of {self._address} is not a response: {describe(error)}"
            raise self._redactor.redact(ProviderError(text, may_be_billed=True)) from None

    async def _respond(self, body: dict[str, Any], on_text: OnText, on_reasoning: OnText) -> Response:
        if not body.pop("stream"):
            response = self._checked(await self._client.responses.create(**body))
            for text in _texts(response):
                on_text(text)
            return response
        stream: openai.AsyncStream[ResponseStreamEvent] = await self._client.responses.create(**body, stream=True)
        async with stream:
            async for event in stream:
                match event:
                    case ResponseTextDeltaEvent():
                        on_text(event.delta)
                    case ResponseReasoningSummaryTextDeltaEvent() | ResponseReasoningTextDeltaEvent():
                        on_reasoning(event.delta)
                    case ResponseCompletedEvent() | ResponseIncompleteEvent() | ResponseFailedEvent():
                        return self._checked(event.response)
                    case ResponseErrorEvent():
                        raise self._failure(event.model_dump())
                    case _:
                        pass
        raise ProviderError(f"the reply of {self._address} ended before the response did", may_be_billed=True)

    def _checked(self, response: Response) -> Response:
        """Raises CallFailed if it is an error or unreadable."""
        if not isinstance(response, Response):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ProviderError(
                f"the reply of {self._address} is not a response: {response!r:.200}", may_be_billed=True
            )
        if response.error:
            raise self._failure(response.error.model_dump())
        if response.status not in ("completed", "incomplete"):
            raise ProviderError(f"{self._address} ended with status {response.status}", may_be_billed=True)
        return response

    def _failure(self, error: dict[str, Any]) -> CallFailed:
        reported = read_error(error)
        text = f"{self._address} reported an error in its reply: {reported.message}"
        return to_call_failed(reported, text, may_be_billed=True)

    def _completion(self, response: Response) -> Completion:
        items = [item.to_dict(mode="json") for item in response.output]
        text = "".join(_texts(response))
        refusal = "".join(part["refusal"] for part in _parts(items) if part["type"] == "refusal")
        incomplete = response.incomplete_details
        finish_reason = (incomplete and incomplete.reason) or "stop"
        return Completion(
            text=(text or refusal)[:MAX_TEXT_CHARACTERS],
            reasoning="".join(_reasoning(items)),
            tool_calls=tuple(_tool_call(item) for item in items if item["type"] == "function_call"),
            usage=_usage(response),
            finish_reason=finish_reason,
            refused=bool(refusal) or finish_reason == "content_filter",
            truncated=len(text) > MAX_TEXT_CHARACTERS,
            served_model=response.model,
            native=tuple(item for item in items if item["type"] in _NATIVE) or None,
        )


def request_body(model: str, request: ModelRequest) -> dict[str, Any]:
    """The arguments of the SDK's ``responses.create``. Raises CallMisconfigured if ``extra`` sets a reserved field."""
    parameters = request.parameters
    check_extra(parameters, _RESERVED)
    schema, effort = parameters.response_schema, parameters.reasoning_effort
    fields: dict[str, Any] = {
        "model": model,
        "instructions": "\n\n".join(it.content for it in request.messages if it.role == "system") or None,
        "input": list(_input(request.messages)),
        "max_output_tokens": parameters.max_tokens,
        "reasoning": {"effort": effort.value, "summary": "auto"} if effort else None,
        "text": {"format": {"type": "json_schema", "name": SCHEMA_NAME, "schema": schema}} if schema else None,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "stream": parameters.stream,
        "store": False,
    }
    if is_reasoning_model(model):
        fields["include"] = ["reasoning.encrypted_content"]
    else:
        fields |= {"temperature": parameters.temperature, "top_p": parameters.top_p}
    return {name: value for name, value in fields.items() if value is not None} | (
        {"extra_body": parameters.extra} if parameters.extra else {}
    )


def omitted(model: str, parameters: Parameters) -> list[str]:
    """The names of parameters that are set and that the API or the model does not accept."""
    unknown = {"top_k": parameters.top_k, "seed": parameters.seed, "stop": parameters.stop or None}
    sampling = {"temperature": parameters.temperature, "top_p": parameters.top_p}
    refused = unknown | (sampling if is_reasoning_model(model) else {})
    return [name for name, value in refused.items() if value is not None]


def parameter_mistakes(parameters: Parameters) -> list[ParameterMistake]:
    mistakes: list[ParameterMistake] = []
    if parameters.top_k is not None:
        mistakes.append(ParameterMistake(reason="the Responses API has no top_k", remedy="use top_p instead"))
    if parameters.seed is not None:
        mistakes.append(ParameterMistake(reason="the Responses API has no seed", remedy=NO_SEED))
    if parameters.stop:
        remedy = "call the model with options.api: chat_completions, or remove stop"
        mistakes.append(ParameterMistake(reason="the Responses API has no stop sequences", remedy=remedy))
    return mistakes


def _input(messages: Sequence[ChatMessage]) -> Iterator[dict[str, Any]]:
    for message in messages:
        if message.role == "system":
            continue
        if message.native is not None:
            yield from message.native
        elif message.role == "tool":
            yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": message.content}
        else:
            if message.content or not message.tool_calls:
                yield {"role": message.role, "content": _content(message)}
            for call in message.tool_calls:
                yield {
                    "type": "function_call",
                    "call_id": call.call_id,
                    "name": call.name or UNNAMED,
                    "arguments": call.arguments,
                }


def _content(message: ChatMessage) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    images = [{"type": "input_image", "image_url": image.data_url, "detail": "auto"} for image in message.images]
    return [*images, {"type": "input_text", "text": message.content}]


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.arguments,
        "strict": False,
    }


def _parts(items: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if item["type"] == "message":
            yield from item["content"]


def _texts(response: Response) -> Iterator[str]:
    for item in response.output:
        if item.type == "message":
            yield from (part.text for part in item.content if part.type == "output_text")


def _reasoning(items: Sequence[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        if item["type"] == "reasoning":
            yield from (part["text"] for part in item.get("content") or item.get("summary") or ())


def _tool_call(item: dict[str, Any]) -> ToolCall:
    return ToolCall(call_id=item["call_id"], name=item["name"], arguments=item["arguments"])


def _usage(response: Response) -> Usage | None:
    usage = response.usage
    if usage is None or usage.input_tokens <= 0 or usage.output_tokens <= 0:
        return None
    read = min(max(usage.input_tokens_details.cached_tokens, 0), usage.input_tokens)
    written = usage.input_tokens_details.cache_write_tokens or 0
    return Usage(
        input_tokens=usage.input_tokens,
        cached_tokens=read,
        cache_write_tokens=min(max(written, 0), usage.input_tokens - read),
        output_tokens=usage.output_tokens,
        reasoning_tokens=min(usage.output_tokens_details.reasoning_tokens, usage.output_tokens),
    )
