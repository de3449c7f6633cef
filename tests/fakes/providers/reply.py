"""What a fake provider says to one request, whatever its wire format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass(kw_only=True)
class Reply:
    """The reply to one request. ``raw`` replaces the body, ``hang`` sends nothing, ``hang_up`` closes the connection
    instead, ``break_after`` closes it after that many pieces of a stream. The stream pauses for ``silent_seconds``
    after piece ``silent_after``, and for ``pause_seconds`` after every piece.

    ``usage`` is in the format of OpenAI's chat completions, with the details that it has there; other formats convert
    it."""

    text: str = "hello world"
    reasoning: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    finish_reason: str | None = "stop"
    usage: dict[str, Any] | None = field(default_factory=lambda: dict(USAGE))
    refusal: str | None = None
    calls: tuple[tuple[str, str], ...] = ()
    """Names of tools, with their arguments as JSON."""
    model: str = ""
    """The model that answers. Empty: the one that was asked for."""
    error_type: str = ""
    """Of an error, in the format's own words."""
    piece: int = 4
    raw: bytes | None = None
    content_type: str = ""
    hang: bool = False
    hang_up: bool = False
    break_after: int | None = None
    done: bool = True
    silent_seconds: float = 0.0
    silent_after: int = 0
    pause_seconds: float = 0.0

    def pieces(self, text: str) -> list[str]:
        return [text[at : at + self.piece] for at in range(0, len(text), self.piece)]

    @property
    def tokens(self) -> Tokens | None:
        return Tokens.read(self.usage) if self.usage else None


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The counts in ``Reply.usage``. ``prompt`` includes ``cached`` and ``written``, ``completion`` ``reasoning``."""

    prompt: int
    completion: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0

    @classmethod
    def read(cls, usage: dict[str, Any]) -> Tokens:
        read, written = usage.get("prompt_tokens_details", {}), usage.get("completion_tokens_details", {})
        return cls(
            prompt=usage["prompt_tokens"],
            completion=usage["completion_tokens"],
            cached=read.get("cached_tokens", 0),
            written=read.get("cache_write_tokens", 0),
            reasoning=written.get("reasoning_tokens", 0),
        )
