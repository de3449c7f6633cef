"""Claude at Amazon Bedrock: Anthropic's messages, whose streams are binary AWS event streams.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html (the encoding of events)
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from struct import pack
from typing import Any
from urllib.parse import unquote
from zlib import crc32

from tests.fakes.providers import anthropic_messages
from tests.fakes.providers.anthropic_messages import models as models
from tests.fakes.providers.reply import Reply

EVENTS: str = "application/vnd.amazon.eventstream"
_STRING = 7
"""The type of a header's value."""
_PADDING = "abcdefghijklmnopqrstuvwxyz"


def read(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The path names the model, and whether the reply is streamed."""
    model, _, method = path.removeprefix("/model/").rpartition("/")
    return {**body, "model": unquote(model), "stream": method == "invoke-with-response-stream"}


def error(reply: Reply) -> dict[str, Any]:
    return {"message": reply.text}


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    return anthropic_messages.whole(reply, body)


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    for event in anthropic_messages.events(reply, body):
        data = json.loads(event.rpartition(b"data: ")[2])
        if data["type"] == "ping":
            continue
        if data["type"] == "message_stop":
            data["amazon-bedrock-invocationMetrics"] = _metrics(reply)
        yield chunk(json.dumps(data).encode())


def chunk(data: bytes) -> bytes:
    """An event of the stream. ``p`` is padding against the guessing of texts by their length."""
    payload = json.dumps({"bytes": b64encode(data).decode(), "p": _PADDING[: len(data) % 26]}).encode()
    return _frame({":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(kind: str, message: str) -> bytes:
    """An error inside of the stream, such as ``throttlingException``."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return _frame(headers, json.dumps({"message": message}).encode())


def _frame(headers: dict[str, str], payload: bytes) -> bytes:
    packed = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    prelude = pack("!II", 12 + len(packed) + len(payload) + 4, len(packed))
    message = prelude + pack("!I", crc32(prelude)) + packed + payload
    return message + pack("!I", crc32(message))


def _header(name: bytes, value: bytes) -> bytes:
    return pack("!B", len(name)) + name + pack("!BH", _STRING, len(value)) + value


def _metrics(reply: Reply) -> dict[str, int]:
    tokens = reply.tokens
    counts = {"inputTokenCount": tokens.prompt, "outputTokenCount": tokens.completion} if tokens else {}
    return {**counts, "invocationLatency": 5, "firstByteLatency": 1}
