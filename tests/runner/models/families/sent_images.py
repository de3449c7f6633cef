"""Reads the images in the body of a request, in each family's form, checked against the SDK's types of a request."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import anthropic.types
import ollama
import openai.types.chat
import openai.types.responses
from google.genai import types as google_types
from pydantic import TypeAdapter

from assay.files.images import detected_media_type

SentImage = tuple[str | None, str]
"""Media type and content in base64."""


def openai_chat(body: dict[str, Any]) -> Iterator[SentImage]:
    for part in _parts(body["messages"], "image_url"):
        TypeAdapter(openai.types.chat.ChatCompletionContentPartImageParam).validate_python(part)
        yield _read_data_url(part["image_url"]["url"])


def openai_responses(body: dict[str, Any]) -> Iterator[SentImage]:
    for part in _parts(body["input"], "input_image"):
        TypeAdapter(openai.types.responses.ResponseInputImageParam).validate_python(part)
        yield _read_data_url(part["image_url"])


def anthropic_messages(body: dict[str, Any]) -> Iterator[SentImage]:
    for block in _parts(body["messages"], "image"):
        TypeAdapter(anthropic.types.ImageBlockParam).validate_python(block)
        yield block["source"]["media_type"], block["source"]["data"]


def google_generate(body: dict[str, Any]) -> Iterator[SentImage]:
    for content in body["contents"]:
        for part in google_types.Content.model_validate(content).parts or ():
            if part.inline_data and part.inline_data.data:
                yield part.inline_data.mime_type, base64.b64encode(part.inline_data.data).decode()


def ollama_chat(body: dict[str, Any]) -> Iterator[SentImage]:
    """Ollama finds out the type itself."""
    for message in body["messages"]:
        for image in message.get("images", ()):
            assert ollama.Image(value=image).model_dump() == image
            yield detected_media_type(base64.b64decode(image)), image


def _parts(messages: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    """The message must have its images before its text."""
    for message in messages:
        if not isinstance(message["content"], list):
            continue
        kinds = [part["type"] for part in message["content"]]
        count = kinds.count(kind)
        assert kinds[:count] == [kind] * count, kinds
        yield from message["content"][:count]


def _read_data_url(url: str) -> SentImage:
    head, _, data = url.partition(";base64,")
    return head.removeprefix("data:"), data
