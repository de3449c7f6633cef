"""Makes texts comparable that look the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from assay.contracts.checks import TextCheck

_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " "
)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""Soft hyphens, zero-width spaces and byte order marks. Zero-width joiners stay: they change what is displayed."""
_TRANSLATION = _SPACES | _INVISIBLE
_TRAILING_PUNCTUATION = re.compile(r"[\s.,;:!?…。，、；：！？]+\Z")


def normalize(text: str, check: TextCheck) -> str:
    """The text as the check compares it, except for its case."""
    text = unicodedata.normalize("NFC", text)
    if not check.keep_spaces:
        text = text.translate(_TRANSLATION).replace("\r\n", "\n").replace("\r", "\n")
    text = text.strip()
    return _TRAILING_PUNCTUATION.sub("", text) if check.ignore_punctuation else text


def normalize_values(value: Any, check: TextCheck) -> Any:
    """All strings in a JSON value, with their case folded if the check ignores it; keys stay."""
    if isinstance(value, str):
        text = normalize(value, check)
        return text.casefold() if check.ignore_case else text
    if isinstance(value, dict):
        return {key: normalize_values(item, check) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normalize_values(item, check) for item in value]
    return value
