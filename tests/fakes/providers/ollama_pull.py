"""Ollama's download of a model. https://docs.ollama.com/api/pull"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fakes.providers import ollama_chat
from tests.fakes.providers.reply import Reply

EVENTS: str = ollama_chat.EVENTS
FILES = {"sha256:" + "a" * 64: 2_000, "sha256:" + "b" * 64: 500}
"""Sizes by digest."""


def read(path: str, body: dict[str, Any]) -> dict[str, Any]:
    return ollama_chat.read(path, body)


def error(reply: Reply) -> dict[str, Any]:
    return ollama_chat.error(reply)


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    return {"status": "success"}


def models(names: Sequence[str]) -> dict[str, Any]:
    return ollama_chat.models(names)


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    """A reply without a finish reason reports its text as an error, after the status 200."""
    yield _line(status="pulling manifest")
    if reply.finish_reason is None:
        yield _line(error=reply.text)
        return
    for digest, size in FILES.items():
        for completed in (None, size // 2, size):
            progress = {} if completed is None else {"completed": completed}
            yield _line(status=f"pulling {digest[7:19]}", digest=digest, total=size, **progress)
    for status in ("verifying sha256 digest", "writing manifest", "success" if reply.done else "writing manifest"):
        yield _line(status=status)


def _line(**members: Any) -> bytes:
    return json.dumps(members).encode() + b"\n"
