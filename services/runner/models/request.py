"""The body of a request in OpenAI's dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assay.contracts.codec import encode
from assay.contracts.models import Parameters, Usage
from assay.contracts.money import MESSAGE_TOKENS, worst_prompt_tokens
from services.runner.errors import CallMisconfigured
from services.runner.models.protocol import ChatMessage
from services.runner.text import to_bytes

TOOLS_TOKENS = 1024
"""More than any provider says to its models about tools, besides their definitions."""
_NOT_FOR_EXTRA = frozenset({"model", "models", "messages", "n", "best_of"})
_LIMITS = ("max_tokens", "max_completion_tokens")
_REASONING = re.compile(r"(^|/)(o[1-9]\d*|gpt-([5-9]|\d\d))(?![a-z0-9])(?!.*chat)", re.IGNORECASE)


def reasons(model: str) -> bool:
    """Whether the model is of the kind that refuses sampling parameters and counts its thoughts as output
    (o1, o3-mini, gpt-5, openai/gpt-5-nano; not gpt-4o, not gpt-5-chat-latest)."""
    return _REASONING.search(model) is not None


def request_body(model: str, messages: Sequence[ChatMessage], parameters: Parameters) -> dict[str, Any]:
    """What is None is left out, and so is what a reasoning model does not take. ``extra`` has the last word, but for
    what bounds the request (``bound_of``). Raises CallMisconfigured when it says what is not its to say."""
    thinking = reasons(model)
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message) for message in messages],
        "max_completion_tokens" if thinking else "max_tokens": parameters.max_tokens,
        "temperature": None if thinking else parameters.temperature,
        "top_p": None if thinking else parameters.top_p,
        "seed": parameters.seed,
        "stop": list(parameters.stop) or None,
    }
    if parameters.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    given = {name: value for name, value in body.items() if value is not None}
    return _with_extra(given, parameters) if parameters.extra else given


def bound_of(messages: Sequence[ChatMessage], parameters: Parameters) -> Usage:
    """The tokens that a request can use at most: no tokenizer makes more of a prompt than it has bytes, and ``extra``
    can make it longer by no more than it is long itself (a schema of the answer, tools)."""
    prompt_bytes = sum(len(to_bytes(message.content)) + _tool_bytes(message) for message in messages)
    extra_bytes = len(encode(parameters.extra)) if parameters.extra else 0
    around_tools = TOOLS_TOKENS if parameters.extra.get("tools") else 0
    return Usage(
        input_tokens=worst_prompt_tokens(prompt_bytes + extra_bytes, len(messages)) + around_tools,
        output_tokens=parameters.max_tokens or 0,
    )


def _message(message: ChatMessage) -> dict[str, Any]:
    """A message that only calls tools has no content at all: there are servers that mind an empty one."""
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["content"] = message.content or None
        body["tool_calls"] = [
            {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return body | ({"tool_call_id": message.tool_call_id} if message.role == "tool" else {})


def _tool_bytes(message: ChatMessage) -> int:
    calls = sum(
        len(to_bytes(call.call_id + call.name + call.arguments)) + MESSAGE_TOKENS for call in message.tool_calls
    )
    return calls + len(to_bytes(message.tool_call_id))


def _with_extra(given: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    """``extra`` may choose by which name the number of tokens is limited, and may lower it."""
    extra, most = parameters.extra, parameters.max_tokens
    if taken := sorted(_NOT_FOR_EXTRA & extra.keys()):
        raise CallMisconfigured(f"parameters.extra sets {', '.join(taken)}, which only the runner does; leave it out")
    body = given | extra
    if most is None:
        return body
    limits = {name: _lower(body[name], most) for name in _LIMITS if name in body}
    return body | (limits if any(limits.values()) else {name: most for name in limits if name in given})


def _lower(limit: object, most: int) -> int | None:
    return min(limit, most) if type(limit) is int and limit > 0 else None
