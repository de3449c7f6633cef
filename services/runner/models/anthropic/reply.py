"""Collects a completion from the events of a streamed message, or from a whole one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from anthropic.types import Message, MessageDeltaUsage, RawMessageStreamEvent
from anthropic.types import Usage as MessageUsage

from assay.contracts.codec import encode
from assay.contracts.models import Usage
from services.runner.errors import ProviderError
from services.runner.models.anthropic.request import to_object
from services.runner.models.protocol import Completion, OnText, ToolCall

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; the rest is not read."""
_REFUSED = "refusal"


class ReplyBuilder:
    """``full`` when the rest need not be read. ``has_output`` is whether the request was answered in part."""

    def __init__(self, address: str, on_text: OnText, on_reasoning: OnText) -> None:
        self._address, self._on_text, self._on_reasoning = address, on_text, on_reasoning
        self._blocks: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, list[str]] = {}
        self._usage: dict[str, int] = {}
        self._reasoning_tokens: int | None = None
        self._characters = 0
        self._stop_reason = self._served_model = ""

    @property
    def full(self) -> bool:
        return self._characters > MAX_TEXT_CHARACTERS

    @property
    def has_output(self) -> bool:
        return bool(self._blocks)

    def add_message(self, message: Message) -> None:
        """A whole one. Raises ProviderError if the SDK could not read it."""
        if not isinstance(message, Message):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ProviderError(f"the reply of {self._address} is not a message: {message!r:.200}", may_be_billed=True)
        self._served_model = message.model
        self._add_usage(message.usage)
        for index, block in enumerate(message.content):
            self._begin(index, block.to_dict(mode="json"))
        self._stop_reason = message.stop_reason or ""

    def add(self, event: RawMessageStreamEvent) -> None:
        if event.type == "message_start":
            self.add_message(event.message)
        elif event.type == "content_block_start":
            self._begin(event.index, event.content_block.to_dict(mode="json"))
        elif event.type == "content_block_delta":
            self._extend(event.index, event.delta.to_dict(mode="json"))
        elif event.type == "message_delta":
            self._stop_reason = event.delta.stop_reason or self._stop_reason
            self._add_usage(event.usage)

    def completion(self) -> Completion:
        """Raises ProviderError if the reply ended before the message did."""
        if not (self._stop_reason or self.full):
            raise ProviderError(f"the reply of {self._address} ended before the message did", may_be_billed=True)
        blocks = self._finished_blocks()
        return Completion(
            text="".join(block["text"] for block in blocks if block["type"] == "text")[:MAX_TEXT_CHARACTERS],
            reasoning="".join(block.get("thinking", "") for block in blocks if block["type"] == "thinking"),
            tool_calls=tuple(self._tool_calls()),
            usage=self._believed_usage(),
            finish_reason=self._stop_reason,
            refused=self._stop_reason == _REFUSED,
            truncated=self.full,
            served_model=self._served_model,
            native=tuple(blocks) or None,
        )

    def _begin(self, index: int, block: dict[str, Any]) -> None:
        self._blocks[index] = block
        self._notice(block.get("text", ""), block.get("thinking", ""))

    def _extend(self, index: int, delta: dict[str, Any]) -> None:
        block = self._blocks.setdefault(index, {"type": "text", "text": ""})
        if "partial_json" in delta:
            self._arguments.setdefault(index, []).append(delta["partial_json"])
            self._characters += len(delta["partial_json"])
            return
        for name in ("text", "thinking", "signature"):
            if piece := delta.get(name):
                block[name] = block.get(name, "") + piece
        self._notice(delta.get("text", ""), delta.get("thinking", ""))

    def _notice(self, text: str, thinking: str) -> None:
        self._characters += len(text) + len(thinking)
        if text:
            self._on_text(text)
        if thinking:
            self._on_reasoning(thinking)

    def _finished_blocks(self) -> list[dict[str, Any]]:
        for index, pieces in self._arguments.items():
            self._blocks[index]["input"] = to_object("".join(pieces))
        return [self._blocks[index] for index in sorted(self._blocks)]

    def _tool_calls(self) -> Iterator[ToolCall]:
        for index, block in sorted(self._blocks.items()):
            if block["type"] == "tool_use":
                written = "".join(self._arguments.get(index, ())) or encode(block.get("input") or {}).decode()
                yield ToolCall(call_id=block.get("id") or "", name=block.get("name") or "", arguments=written)

    def _add_usage(self, usage: MessageUsage | MessageDeltaUsage | None) -> None:
        """Counts of a stream are cumulative. Servers that imitate the API omit them."""
        if usage is None:
            return
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens"):
            if isinstance(count := getattr(usage, name, None), int) and count >= 0:
                self._usage[name] = count
        if usage.output_tokens_details:
            self._reasoning_tokens = usage.output_tokens_details.thinking_tokens

    def _believed_usage(self) -> Usage | None:
        counts = self._usage
        if "input_tokens" not in counts or not counts.get("output_tokens"):
            return None
        read, written = counts.get("cache_read_input_tokens", 0), counts.get("cache_creation_input_tokens", 0)
        return Usage(
            input_tokens=counts["input_tokens"] + read + written,
            cached_tokens=read,
            cache_write_tokens=written,
            output_tokens=counts["output_tokens"],
            reasoning_tokens=min(self._reasoning_tokens or 0, counts["output_tokens"]),
        )
