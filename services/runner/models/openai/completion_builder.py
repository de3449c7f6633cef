"""Collects a completion from the parts of a reply."""

from __future__ import annotations

from assay.contracts.models import Usage
from services.runner.errors import CallFailed, ProviderError
from services.runner.models.openai.lenient_members import Notes
from services.runner.models.openai.reported_usage import UnbelievableUsage, UsageLimits, believed_usage
from services.runner.models.openai.request import SentRequest
from services.runner.models.openai.response import (
    ChatResponse,
    Choice,
    MessageBody,
    UsageBody,
    first_choice,
    flatten_text,
    message_calls,
    message_parts,
    message_reasoning,
    says_something,
)
from services.runner.models.openai.tool_call_builder import ToolCallBuilder
from services.runner.models.protocol import Completion, OnText
from services.runner.models.reported_errors import ReportedError, is_error, read_error, to_call_failed
from services.runner.text import to_bytes

MAX_TEXT_CHARACTERS = 4_000_000
"""Of a completion; the rest is not read."""
_FAILED = frozenset(
    (
        *("error", "failed", "failure", "abort", "aborted", "cancelled"),
        *("network_error", "internal_error", "engine_error", "insufficient_system_resource"),
    )
)
"""Finish reasons of answers that the provider could not finish."""
_REFUSED = frozenset(
    ("content_filter", "content_filtered", "refusal", "safety", "sensitive", "blocklist", "prohibited_content")
)


class CompletionBuilder:
    """``ended`` is set if the reply's end is known without a finish reason. ``retry_after_seconds`` is the reply's."""

    def __init__(self, request: SentRequest, on_text: OnText, on_reasoning: OnText) -> None:
        self.retry_after_seconds: float | None = None
        self.notes = Notes()
        self.ended = False
        self._request, self._on_text, self._on_reasoning = request, on_text, on_reasoning
        self._pieces: list[str] = []
        self._reasoning: list[str] = []
        self._characters = 0
        self._calls = ToolCallBuilder(self.notes)
        self._usage: UsageBody | None = None
        self._finish_reason = self._refusal = self._unreadable = self._served_model = ""
        self._choices = self._finishes = 0
        self._index: int | None = None

    @property
    def has_choices(self) -> bool:
        return self._choices > 0

    @property
    def full(self) -> bool:
        return self._characters + self._calls.characters > MAX_TEXT_CHARACTERS

    @property
    def finished(self) -> bool:
        """Whether the last part finished the answer. Servers that say so with every part do not count."""
        return self.ended or self._finishes == 1

    @property
    def has_output(self) -> bool:
        return bool(self._pieces or self._reasoning or self._calls)

    def add(self, response: ChatResponse, *, streamed: bool) -> None:
        """Raises CallFailed for an error in it."""
        if response.error and is_error(response.error):
            raise self.failure(read_error(response.error))
        self._usage = response.usage or self._usage
        self._served_model = response.model or self._served_model
        if response.choices and (choice := first_choice(response.choices)):
            self._add_choice(choice, streamed=streamed)

    def failure(self, reported: ReportedError) -> CallFailed:
        """A reported error. After a part of the answer the request may be billed."""
        return to_call_failed(
            reported,
            f"{self._request.address} reported an error in its reply: {reported.message}",
            retry_after_seconds=self.retry_after_seconds,
            may_be_billed=self.has_output,
        )

    def completion(self) -> Completion:
        """Raises ProviderError if the reply was empty or incomplete."""
        if not self._choices:
            raise self._unusable("has no choices")
        if not (self._finish_reason or self.full or self.ended):
            raise self._unusable("ended before the completion did")
        text = "".join(self._pieces)[:MAX_TEXT_CHARACTERS] or self._refusal
        if self._unreadable and not (text or self.has_output):
            raise self._unusable(f"has no text: {self._unreadable}")
        return Completion(
            text=text,
            reasoning="".join(self._reasoning)[:MAX_TEXT_CHARACTERS],
            tool_calls=self._calls.calls(),
            usage=self._believed_usage(),
            finish_reason=self._finish_reason,
            refused=bool(self._refusal) or self._finish_reason.lower() in _REFUSED,
            truncated=self.full,
            notes=tuple(self.notes),
            served_model=self._served_model,
        )

    def _add_choice(self, choice: Choice, *, streamed: bool) -> None:
        if self._index is None:
            self._index = choice.index
        elif choice.index != self._index and choice.index is not None:
            self.notes.add("ignored choices after the first")
            return
        self._choices += 1
        self._usage = choice.usage or self._usage
        if choice.error and is_error(choice.error):
            raise self.failure(read_error(choice.error))
        message, delta = choice.message, choice.delta
        if message and (not streamed or not delta or not says_something(delta)):
            self._add_message(message)
            self.ended = self.ended or not delta
        elif delta:
            self._add_part(delta)
        elif choice.text:
            self._add_text(choice.text)
        if choice.finish_reason:
            self._finish(choice.finish_reason)

    def _add_message(self, message: MessageBody) -> None:
        """A complete message. In a stream it repeats the pieces before it."""
        text, reasoning = self._read(message)
        self._add_reasoning(reasoning.removeprefix("".join(self._reasoning)))
        self._add_text(text.removeprefix("".join(self._pieces)))
        if calls := message_calls(message):
            self._calls.replace(calls)

    def _add_part(self, delta: MessageBody) -> None:
        text, reasoning = self._read(delta)
        self._add_reasoning(reasoning)
        self._add_text(text)
        if calls := message_calls(delta):
            self._calls.add(calls)

    def _read(self, message: MessageBody) -> tuple[str, str]:
        """The text and the reasoning. Notes a refusal."""
        self._refusal += message.refusal or ""
        content, reasoning = message.content, message_reasoning(message)
        if isinstance(content, str) or not content:
            return content or "", reasoning
        if not isinstance(content, dict | list):
            self._unreadable = f"its content is {content!r:.40}"
            self.notes.add("ignored the content: it is neither text nor a list of parts")
            return "", reasoning
        text, reasoning_parts, refusal = message_parts(content, self.notes)
        self._refusal += refusal
        self._unreadable = "" if text else "none of its content's parts is text"
        return text, reasoning or reasoning_parts

    def _add_text(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._characters += len(text)
            self._on_text(text)

    def _add_reasoning(self, text: str) -> None:
        if text:
            self._reasoning.append(text)
            self._characters += len(text)
            self._on_reasoning(text)

    def _finish(self, reason: object) -> None:
        self._finishes += 1
        if not isinstance(reason, str):
            self.notes.add("the finish reason is not text")
            reason = flatten_text(reason) or "unknown"
        self._finish_reason = reason
        if reason.lower() in _FAILED:
            raise self.failure(ReportedError(f"the answer ended with finish_reason {reason[:100]!r}"))

    def _believed_usage(self) -> Usage | None:
        """None if it was not reported or cannot be believed."""
        if self._usage is None:
            return None
        limits = UsageLimits(
            max_tokens=self._request.max_tokens,
            prompt_tokens=self._request.prompt_tokens,
            answer_bytes=self._answer_bytes,
            has_answer=bool(self._pieces or self._calls),
        )
        try:
            return believed_usage(self._usage, limits)
        except UnbelievableUsage as error:
            self.notes.add(f"ignored the reported usage, so it is estimated: {error}")
            return None

    def _answer_bytes(self) -> int:
        return len(to_bytes("".join((*self._pieces, *self._reasoning)))) + 4 * self._calls.characters

    def _unusable(self, problem: str) -> ProviderError:
        return ProviderError(f"the reply of {self._request.address} {problem}", may_be_billed=True)
