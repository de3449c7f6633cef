"""Separates reasoning from the answer while the text is still arriving, for people who watch and for programs.

Recognizes only reasoning that begins the text. The finished text is separated by services/runner/models/reasoning.py.
"""

from __future__ import annotations

import re

from services.runner.models.protocol import OnText
from services.runner.models.reasoning import CLOSING, TAGS

_OPENING = re.compile(
    rf"\s*(?:(?P<tag><(?:{TAGS})>)"
    r"|(?:<\|start\|>assistant)?<\|channel\|>\s*(?!final)\w+[^<]{0,200}<\|message\|>)",
    re.IGNORECASE,
)
_FINAL_CHANNEL = re.compile(r"<\|channel\|>\s*final[^<]{0,200}<\|message\|>")
_OPENING_CHARACTERS = 300
"""Text without a complete opening in its first characters is no reasoning."""
_CLOSING_CHARACTERS = 300
"""As much is held back while reasoning, because a closing tag can arrive in pieces."""


class ReasoningStream:
    """Passes each piece on to ``on_reasoning`` or ``on_text``. ``end`` passes on what is still held back."""

    def __init__(self, on_text: OnText, on_reasoning: OnText) -> None:
        self._on_text, self._on_reasoning = on_text, on_reasoning
        self._held = ""
        self._closing: re.Pattern[str] | None = None
        self._answering = self._after_reasoning = False

    def add(self, text: str) -> None:
        if self._answering:
            self._answer(text)
            return
        self._held += text
        if self._closing is None:
            self._find_opening()
        if self._closing is not None:
            self._find_closing(self._closing)

    def end(self) -> None:
        held, self._held = self._held, ""
        if held:
            (self._on_reasoning if self._closing else self._on_text)(held)

    def _find_opening(self) -> None:
        if opening := _OPENING.match(self._held):
            self._closing = CLOSING if opening["tag"] else _FINAL_CHANNEL
            self._held = self._held[opening.end() :]
            return
        begun = self._held.lstrip()
        if (begun and begun[0] != "<") or len(self._held) > _OPENING_CHARACTERS:
            self._answer(self._held)

    def _find_closing(self, pattern: re.Pattern[str]) -> None:
        closing = pattern.search(self._held)
        if closing is None:
            place = self._held.find("<", max(0, len(self._held) - _CLOSING_CHARACTERS))
            place = len(self._held) if place < 0 else place
            if place:
                self._on_reasoning(self._held[:place])
            self._held = self._held[place:]
            return
        if closing.start():
            self._on_reasoning(self._held[: closing.start()])
        self._closing, self._after_reasoning = None, True
        self._answer(self._held[closing.end() :])

    def _answer(self, text: str) -> None:
        """White space between reasoning and answer belongs to neither."""
        self._answering, self._held = True, ""
        text = text.lstrip() if self._after_reasoning else text
        if text:
            self._after_reasoning = False
            self._on_text(text)
