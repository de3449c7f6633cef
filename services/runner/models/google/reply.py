"""Collects a completion from the chunks of a streamed reply, or from a whole one."""

from __future__ import annotations

from typing import Any

from google.genai import types

from assay.contracts.codec import encode
from assay.contracts.models import Usage
from services.runner.errors import PromptRefused, ProviderError
from services.runner.models.protocol import Completion, OnText, ToolCall

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; the rest is not read."""
_REFUSED = frozenset(("SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "RECITATION", "IMAGE_SAFETY", "MODEL_ARMOR"))


class ReplyBuilder:
    """``full`` when the rest need not be read. ``has_output`` is whether the request was answered in part."""

    def __init__(self, address: str, on_text: OnText, on_reasoning: OnText) -> None:
        self._address, self._on_text, self._on_reasoning = address, on_text, on_reasoning
        self._parts: list[types.Part] = []
        self._usage: types.GenerateContentResponseUsageMetadata | None = None
        self._characters = 0
        self._finish_reason = self._served_model = ""

    @property
    def full(self) -> bool:
        return self._characters > MAX_TEXT_CHARACTERS

    @property
    def has_output(self) -> bool:
        return bool(self._parts)

    def add(self, response: types.GenerateContentResponse) -> None:
        """Raises PromptRefused if the prompt was blocked."""
        self._usage = response.usage_metadata or self._usage
        self._served_model = response.model_version or self._served_model
        feedback = response.prompt_feedback
        if feedback and feedback.block_reason:
            why = feedback.block_reason_message or feedback.block_reason.value
            raise PromptRefused(f"{self._address} blocked the prompt: {why}")
        for candidate in (response.candidates or ())[:1]:
            self._finish_reason = candidate.finish_reason.value if candidate.finish_reason else self._finish_reason
            for part in (candidate.content and candidate.content.parts) or ():
                self._add(part)

    def completion(self) -> Completion:
        """Raises ProviderError if the reply ended before the answer did."""
        if not (self._finish_reason or self.full):
            raise ProviderError(f"the reply of {self._address} ended before the answer did", may_be_billed=True)
        texts = [part for part in self._parts if part.text]
        return Completion(
            text="".join(part.text or "" for part in texts if not part.thought)[:MAX_TEXT_CHARACTERS],
            reasoning="".join(part.text or "" for part in texts if part.thought),
            tool_calls=tuple(_tool_call(n, part) for n, part in enumerate(self._parts) if part.function_call),
            usage=self._believed_usage(),
            finish_reason=self._finish_reason,
            refused=self._finish_reason in _REFUSED,
            truncated=self.full,
            served_model=self._served_model,
            native=tuple(self._native()) or None,
        )

    def _add(self, part: types.Part) -> None:
        self._parts.append(part)
        text = part.text or ""
        self._characters += len(text) + (len(encode(part.function_call.args or {})) if part.function_call else 0)
        if text:
            (self._on_reasoning if part.thought else self._on_text)(text)

    def _native(self) -> list[dict[str, Any]]:
        """Pieces of text as one part. Thoughts are not sent back, only their signatures."""
        joined: list[types.Part] = []
        for part in self._parts:
            if part.thought:
                continue
            last = joined[-1] if joined else None
            if last and last.text and part.text and not (last.thought_signature or part.thought_signature):
                joined[-1] = types.Part(text=last.text + part.text)
            else:
                joined.append(part)
        return [part.model_dump(mode="json", exclude_none=True) for part in joined]

    def _believed_usage(self) -> Usage | None:
        """Thoughts are charged as output, and reported beside it."""
        usage = self._usage
        if usage is None or not usage.prompt_token_count:
            return None
        thoughts = usage.thoughts_token_count or 0
        output = (usage.candidates_token_count or 0) + thoughts
        if output <= 0:
            return None
        prompt = usage.prompt_token_count + (usage.tool_use_prompt_token_count or 0)
        cached = min(max(usage.cached_content_token_count or 0, 0), prompt)
        return Usage(input_tokens=prompt, cached_tokens=cached, output_tokens=output, reasoning_tokens=thoughts)


def _tool_call(number: int, part: types.Part) -> ToolCall:
    assert part.function_call
    call = part.function_call
    return ToolCall(
        call_id=call.id or f"call_{number}", name=call.name or "", arguments=encode(call.args or {}).decode()
    )
