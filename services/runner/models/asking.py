"""The body of a request in OpenAI's dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assay.contracts.models import Parameters
from services.runner.models.protocol import ChatMessage

_REASONING = re.compile(r"(^|/)(o[1-9]\d*|gpt-([5-9]|\d\d))(?![a-z0-9])(?!.*chat)", re.IGNORECASE)


def reasons(model: str) -> bool:
    """Whether the model is of the kind that refuses sampling parameters and counts its thoughts as output
    (o1, o3-mini, gpt-5, openai/gpt-5-nano; not gpt-4o, not gpt-5-chat-latest)."""
    return _REASONING.search(model) is not None


def request_body(model: str, messages: Sequence[ChatMessage], parameters: Parameters) -> dict[str, Any]:
    """What is None is left out, and so is what a reasoning model does not take; ``extra`` has the last word."""
    thinking = reasons(model)
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "max_completion_tokens" if thinking else "max_tokens": parameters.max_tokens,
        "temperature": None if thinking else parameters.temperature,
        "top_p": None if thinking else parameters.top_p,
        "seed": parameters.seed,
        "stop": list(parameters.stop) or None,
    }
    if parameters.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return {name: value for name, value in body.items() if value is not None} | parameters.extra
