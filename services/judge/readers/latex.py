"""The LaTeX that models write around an answer."""

from __future__ import annotations

import re

_BOX = re.compile(r"\\(?:boxed|fbox)\s{0,3}\{")
_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt)?|math(?:rm|bf|it|sf|tt)|operatorname|mbox)\s{0,3}\{([^{}]{0,500})\}"
)
_FRACTION = re.compile(r"\\[dtc]?frac\s{0,3}\{([^{}]{1,100})\}\s{0,3}\{([^{}]{1,100})\}")
_SHORT_FRACTION = re.compile(r"\\[dtc]?frac\s{0,3}(\d)\s{0,3}(\d)")
_SPACE = re.compile(r"\\[,;:! ]|\\(?:thinspace|quad|qquad)(?![A-Za-z])|~")
_REPLACEMENTS = (
    ("{,}", ","),
    ("{.}", "."),
    ("\\times", "×"),
    ("\\cdot", "×"),
    ("\\left", ""),
    ("\\right", ""),
    ("\\%", "%"),
    ("\\$", "$"),
    ("\\(", " "),
    ("\\)", " "),
    ("\\[", " "),
    ("\\]", " "),
    ("^\\circ", "°"),
    ("\\approx", "≈"),
    ("\\pm", "±"),
    ("\\sqrt", "√"),
)
_MAX_BOX_CHARACTERS = 2_000
NO_BREAK_SPACE = "\u00a0"


def boxed(text: str) -> list[tuple[int, int, str]]:
    r"""The start, end and content of each closed ``\boxed{...}`` that is not in another."""
    found: list[tuple[int, int, str]] = []
    for match in _BOX.finditer(text):
        content = _up_to_closing_brace(text, match.end())
        if content is not None and (not found or match.start() >= found[-1][1]):
            found.append((match.start(), match.end() + len(content) + 1, content))
    return found


def to_plain_text(text: str) -> str:
    """Without text commands; thin spaces become no-break spaces, fractions ``(a)/(b)``."""
    if "\\" not in text and "{,}" not in text:
        return text
    text = _WRAPPER.sub(r"\1", text)
    text = _SHORT_FRACTION.sub(r"\1/\2", _FRACTION.sub(_plain_fraction, text))
    text = _SPACE.sub(NO_BREAK_SPACE, text)
    for command, plain in _REPLACEMENTS:
        text = text.replace(command, plain)
    return text


def _plain_fraction(match: re.Match[str]) -> str:
    return f"{match[1].strip()}/{match[2].strip()}"


def _up_to_closing_brace(text: str, start: int) -> str | None:
    depth = 1
    for place in range(start, min(len(text), start + _MAX_BOX_CHARACTERS)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[start:place]
    return None
