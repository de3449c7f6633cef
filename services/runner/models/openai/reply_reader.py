"""Reads a provider's reply. Its body decides the format, whatever the content type says: JSON, JSON lines, server-sent
events, or an HTML page, which is an error."""

from __future__ import annotations

from msgspec import DecodeError

from services.runner.errors import ProviderError
from services.runner.models.openai.completion_builder import CompletionBuilder
from services.runner.models.openai.request import SentRequest
from services.runner.models.openai.response import decode_response, read_objects, to_response
from services.runner.models.protocol import Completion, OnText, ignore_text
from services.runner.models.reported_errors import find_error, page_title, read_error
from services.runner.server_sent_events import EventParser, EventTooLarge, ServerSentEvent

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of a response without streaming, or of one event of a stream."""
_DONE = b"[DONE]"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EXCERPT_CHARACTERS = 200


class ReplyReader:
    """Feed it the body in chunks of any size; it is ``done`` when the rest does not matter. Raises CallFailed."""

    def __init__(self, request: SentRequest, on_text: OnText, on_reasoning: OnText = ignore_text) -> None:
        self.done = False
        self._request = request
        self._builder = CompletionBuilder(request, on_text, on_reasoning)
        self._start = b""
        self._whole: list[bytes] = []
        self._whole_size = 0
        self._events: EventParser | None = None
        self._other = b""
        """The first that was no part of an answer, for the error if nothing was."""

    def set_retry_after(self, seconds: float | None) -> None:
        """The reply's Retry-After, for an error in its body."""
        self._builder.retry_after_seconds = seconds

    def has_everything(self) -> bool:
        """Whether the answer is complete although the connection broke."""
        if self._builder.finished and self._builder.has_choices:
            self._builder.notes.add("the connection broke after the end of the answer")
            return True
        return False

    def feed(self, chunk: bytes) -> None:
        if self._events:
            self._feed_events(chunk)
        elif self._whole:
            self._feed_whole(chunk)
        else:
            self._feed_start(chunk)

    def completion(self) -> Completion:
        """After the last chunk. Raises CallFailed if the reply is not a complete answer."""
        if self._events and not self.done:
            self._add_events(self._events.close())
        elif self._whole or self._start:
            self._read_whole(b"".join(self._whole) or self._start)
        elif not self._events:
            raise self._error("is empty")
        if not self._builder.has_choices:
            self._raise_other()
        return self._builder.completion()

    def _feed_start(self, chunk: bytes) -> None:
        """White space may come before the answer, to keep the connection open."""
        start = (self._start + chunk).lstrip()
        if len(start) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(start):
            self._start = start
            return
        self._start = b""
        start = start.removeprefix(_BYTE_ORDER_MARK).lstrip()
        if start[:1] in (b"{", b"[", b"<"):
            self._feed_whole(start)
        elif start:
            self._events = EventParser(MAX_BODY_BYTES)
            self._feed_events(start)

    def _feed_whole(self, chunk: bytes) -> None:
        self._whole.append(chunk)
        self._whole_size += len(chunk)
        if self._whole_size > MAX_BODY_BYTES:
            raise self._error(f"is over {MAX_BODY_BYTES} bytes")

    def _feed_events(self, chunk: bytes) -> None:
        assert self._events
        try:
            events = self._events.feed(chunk)
        except EventTooLarge as error:
            raise self._error(f"is too large: {error}") from error
        self._add_events(events)

    def _add_events(self, events: list[ServerSentEvent]) -> None:
        for event in events:
            if not self.done:
                self._add_event(event)

    def _add_event(self, event: ServerSentEvent) -> None:
        data = event.data
        if event.name and event.name.lower() == b"error":
            objects, rest = read_objects(data)
            raise self._builder.failure(read_error(objects[0] if objects else rest))
        if data[:1] in (b"{", b"["):
            if not _is_done(data):
                self._add_json(data, streamed=True)
            else:
                self._builder.ended = self.done = True
        elif data not in (b"", b"null"):
            self._other = self._other or data
            self._builder.notes.add("ignored an event that is not JSON")
        self.done = self.done or self._builder.full

    def _read_whole(self, data: bytes) -> None:
        if data[:1] == b"<":
            title = page_title(data.decode("utf-8", "replace"))
            raise self._error(f"is not an answer but the page {title!r}; check the provider's address")
        self._add_json(data, streamed=False)

    def _add_json(self, data: bytes, *, streamed: bool) -> None:
        try:
            response = decode_response(data)
        except DecodeError:
            self._add_unusual_json(data, streamed=streamed)
            return
        if response.object == "error":
            raise self._builder.failure(read_error(read_objects(data)[0]))
        self._builder.add(response, streamed=streamed)
        self._builder.ended = self._builder.ended or not streamed
        if not response.choices:
            self._other = self._other or data

    def _add_unusual_json(self, data: bytes, *, streamed: bool) -> None:
        """Several objects are the events of a stream, in lines or in a list."""
        objects, rest = read_objects(data)
        several = streamed or len(objects) > 1 or rest.startswith("{")
        self._other = self._other or data
        for body in objects:
            if body.get("object") == "error":
                raise self._builder.failure(read_error(body))
            self._builder.add(to_response(body, self._builder.notes), streamed=several)
        if _is_done(rest.encode("utf-8", "replace")):
            self._builder.ended = True
        elif rest:
            self._ignore(rest, lost=streamed and (not objects or rest.startswith("{")))
        self._builder.ended = self._builder.ended or not several

    def _ignore(self, rest: str, *, lost: bool) -> None:
        """``lost`` is whether it may have been a part of the answer, unless the answer was complete."""
        if lost and not self._builder.finished:
            raise self._error(f"has an event that is not JSON: {_excerpt(rest)}")
        self._builder.notes.add("ignored text in the reply that is not JSON")

    def _raise_other(self) -> None:
        """The reply has no answer, so what it has instead may be an error."""
        objects, _ = read_objects(self._other)
        if objects and (reported := find_error(objects[0])):
            raise self._builder.failure(reported)
        raise self._error(f"is not a chat completion: {_excerpt(self._other.decode('utf-8', 'replace'))}")

    def _error(self, problem: str) -> ProviderError:
        return ProviderError(f"the reply of {self._request.address} {problem}", may_be_billed=True)


def _is_done(data: bytes) -> bool:
    return data == _DONE or (len(data) < 20 and data.strip(b'"[]. ').removeprefix(b"data:").upper().strip() == b"DONE")


def _excerpt(text: str) -> str:
    return repr(text[:_EXCERPT_CHARACTERS])
