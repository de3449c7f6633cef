"""Makes untrusted text fit for JSON and Postgres. Artifacts keep the original bytes, reports the sanitized text."""

from __future__ import annotations

import math
import re

MAX_REASON_CHARACTERS = 1000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def storable(text: str) -> str:
    """Replaces NULs and lone surrogates, which JSON columns reject, by U+FFFD. Terminal escape codes stay."""
    return _UNSTORABLE.sub("\ufffd", text)


def clean(text: str, max_characters: int = MAX_REASON_CHARACTERS) -> str:
    """Cuts the text to ``max_characters`` and replaces all control characters by U+FFFD. For reasons and names."""
    cut = text if len(text) <= max_characters else text[: max_characters - 1] + "…"
    return _CONTROL.sub("\ufffd", cut)


def duration_text(seconds: float) -> str:
    """``12 s``, ``1 min 12 s`` or ``2 h 5 min``, rounded up."""
    whole = max(0, math.ceil(seconds - 1e-6))
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def to_bytes(text: str) -> bytes:
    """UTF-8; lone surrogates, which have no encoding, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def cut_bytes(data: bytes, max_bytes: int) -> tuple[bytes, bool]:
    """At most ``max_bytes`` of UTF-8 text, cut between characters; and whether anything was cut."""
    if len(data) <= max_bytes:
        return data, False
    return data[:max_bytes].decode("utf-8", "ignore").encode(), True
