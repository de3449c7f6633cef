"""Quotes a piece of an answer in a check's message."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ud800-\udfff\ufeff]")


def quote(text: str, max_characters: int = 80) -> str:
    """The end of the text, where answers usually are, on one line. The result can be stored and shown safely."""
    line = _UNPRINTABLE.sub("\ufffd", " ".join(text[-4 * max_characters :].split()))
    cut = line if len(line) <= max_characters else "…" + line[1 - max_characters :]
    return f'"{cut}"'
