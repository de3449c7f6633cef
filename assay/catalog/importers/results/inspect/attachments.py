"""Puts texts back that Inspect stores apart from the messages that contain them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from assay.catalog.importers.results.inspect.format import Message, Sample

_REFERENCES = ("attachment://", "tc://")
"""The second is that of old logs."""


def resolve(sample: Sample) -> None:
    """Replaces each reference in the conversation and the target by its text, and drops all attachments. Most of them
    are of events. A reference without an attachment stays."""
    found = sample.attachments or (sample.transcript.content if sample.transcript else {})
    sample.attachments, sample.transcript = {}, None
    sample.target = _resolved(sample.target, found)
    sample.choices = _resolved(sample.choices, found)
    if isinstance(sample.input, str):
        sample.input = _resolved(sample.input, found)
    else:
        _resolve_messages(sample.input, found)
    _resolve_messages(sample.messages, found)
    if sample.output:
        sample.output.completion = _resolved(sample.output.completion, found)
        _resolve_messages([each.message for each in sample.output.choices], found)


def _resolve_messages(messages: list[Message], found: Mapping[str, str]) -> None:
    for message in messages:
        message.tool_error = _resolved(message.tool_error, found)
        if message.error:
            message.error.message = _resolved(message.error.message, found)
        for call in message.tool_calls or ():
            call.arguments = _resolved(call.arguments, found)
        if isinstance(message.content, list):
            for part in message.content:
                part.text = _resolved(part.text, found)
                part.reasoning = _resolved(part.reasoning, found)
                part.summary = _resolved(part.summary, found)
        else:
            message.content = _resolved(message.content, found)


def _resolved(value: Any, found: Mapping[str, str]) -> Any:
    """Also inside of lists and objects."""
    if isinstance(value, str):
        start = next((each for each in _REFERENCES if value.startswith(each)), None)
        return found.get(value.removeprefix(start), value) if start else value
    if isinstance(value, list):
        return [_resolved(each, found) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _resolved(each, found) for name, each in cast("dict[str, Any]", value).items()}
    return value
