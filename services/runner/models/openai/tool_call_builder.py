"""Assembles tool calls from the pieces of a stream, or from a complete message.

Servers number the pieces wrongly, repeat names and arguments, and encode arguments in different ways.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from services.runner.models.openai.lenient_members import Notes
from services.runner.models.openai.response import ToolCallDelta
from services.runner.models.protocol import ToolCall

MAX_CALLS = 64
"""Per completion; further calls are ignored."""
_MAX_ENCODINGS = 3


class ToolCallBuilder:
    """``characters`` is the length of the arguments."""

    def __init__(self, notes: Notes) -> None:
        self.characters = 0
        self._notes = notes
        self._calls: list[_PartialCall] = []
        self._by_index: dict[int, _PartialCall] = {}
        self._by_id: dict[str, _PartialCall] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, deltas: Sequence[ToolCallDelta]) -> None:
        """Pieces of a stream."""
        named: list[_PartialCall] = []
        for delta in deltas:
            piece = _Piece(delta)
            call = self._call_of(piece, named)
            if call is not None:
                self._append(call, piece)
                named += [call] if piece.name else []

    def replace(self, calls: Sequence[ToolCallDelta]) -> None:
        """All calls of a complete message, instead of pieces that came before."""
        self._calls.clear()
        for delta in calls:
            piece = _Piece(delta)
            if (call := self._start(piece)) is not None:
                self._append(call, piece)

    def calls(self) -> tuple[ToolCall, ...]:
        """In order. Missing and duplicate ids are replaced."""
        found: list[ToolCall] = []
        taken: set[str] = set()
        for number, call in enumerate(self._usable_calls(), 1):
            call_id = call.call_id if call.call_id not in ("", *taken) else f"call_{number}"
            taken.add(call_id)
            found.append(ToolCall(call_id=call_id, name=call.name, arguments=call.arguments()))
        return tuple(found)

    def _usable_calls(self) -> list[_PartialCall]:
        usable: list[_PartialCall] = []
        for call in sorted(self._calls, key=lambda call: call.index):
            if call.name or call.has_arguments:
                usable += [] if call.repeats_only_the_name else [call]
            else:
                self._notes.add("ignored a tool call without a name and arguments")
        return usable

    def _call_of(self, piece: _Piece, named: list[_PartialCall]) -> _PartialCall | None:
        """The call that the piece belongs to, which may be a new one; None if there are too many."""
        if piece.index is not None:
            call = self._by_index.get(piece.index)
        else:
            call = self._by_id.get(piece.call_id) or (self._calls[-1] if self._calls else None)
        if call is None or (piece.name and call in named) or call.is_followed_by(piece):
            return self._start(piece, after=call)
        return call

    def _start(self, piece: _Piece, after: _PartialCall | None = None) -> _PartialCall | None:
        if len(self._calls) >= MAX_CALLS:
            self._notes.add(f"ignored tool calls after the first {MAX_CALLS}")
            return None
        call = _PartialCall(index=piece.index if piece.index is not None else len(self._calls), after=after)
        self._calls.append(call)
        self._by_index[call.index] = call
        return call

    def _append(self, call: _PartialCall, piece: _Piece) -> None:
        call.add(piece)
        self.characters += len(piece.arguments)
        if call.call_id:
            self._by_id.setdefault(call.call_id, call)


class _Piece:
    """What one delta says."""

    def __init__(self, delta: ToolCallDelta) -> None:
        function = delta.function
        self.index = delta.index
        self.call_id = str(delta.id) if delta.id is not None else ""
        self.name = (function.name if function else None) or delta.name or ""
        arguments = function.arguments if function and function.arguments is not None else delta.arguments
        self.arguments = arguments if isinstance(arguments, str) else _json(arguments)


class _PartialCall:
    """``after`` is the call that the server gave the same place."""

    def __init__(self, index: int, after: _PartialCall | None) -> None:
        self.index = index
        self.call_id = self.name = ""
        self._after = after
        self._pieces: list[str] = []

    @property
    def has_arguments(self) -> bool:
        return bool(self._pieces)

    @property
    def repeats_only_the_name(self) -> bool:
        after = self._after
        return not self._pieces and not self.call_id and after is not None and after.name == self.name

    def add(self, piece: _Piece) -> None:
        self.call_id = self.call_id or piece.call_id
        if not self.name or piece.name.startswith(self.name):
            self.name = piece.name or self.name
        elif not self._pieces:
            self.name += piece.name
        if piece.arguments:
            self._pieces.append(piece.arguments)

    def is_followed_by(self, piece: _Piece) -> bool:
        """Whether the piece begins another call, though the server gave it the same place. A new id alone does not:
        some servers invent one for each piece."""
        if not (piece.name and self.name):
            return False
        if piece.call_id and self.call_id and piece.call_id != self.call_id:
            return True
        if not self._pieces:
            return False
        if not piece.name.startswith(self.name):
            return True
        if not self._pieces[-1].rstrip().endswith("}"):
            return False
        same_id = piece.call_id != "" and piece.call_id == self.call_id
        begins = _is_object(piece.arguments) if same_id else piece.arguments.lstrip()[:1] in ("", "{")
        return begins and _is_object(self.arguments()) and piece.arguments != self.arguments()

    def arguments(self) -> str:
        """As the model wrote them, unless they were sent repeatedly or encoded more than once."""
        text = "".join(self._pieces)
        if len(self._pieces) > 1 and not _is_object(text):
            text = self._last_of_repeated() or text
        return decode_repeatedly(text)

    def _last_of_repeated(self) -> str:
        """The last piece, if it has everything: each piece contains those before it, or it repeats them all."""
        pieces = self._pieces
        cumulative = all(after.startswith(before) for before, after in pairwise(pieces))
        return pieces[-1] if cumulative or pieces[-1] == "".join(pieces[:-1]) else ""


def decode_repeatedly(arguments: str) -> str:
    """The JSON object in text that was encoded more than once; other text is returned unchanged."""
    inner: object = arguments
    for _ in range(_MAX_ENCODINGS):
        inner = _decode(inner) if isinstance(inner, str) and inner.lstrip()[:1] == '"' else None
        if isinstance(inner, str) and _is_object(inner):
            return inner
    return arguments


def _json(value: Any) -> str:
    """Some servers send an object instead of its JSON text."""
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (RecursionError, ValueError):
        return ""


def _decode(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _is_object(text: str) -> bool:
    return isinstance(_decode(text), dict)
