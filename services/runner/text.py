"""Text from outside, made fit for JSON and for Postgres. Artifacts keep the bytes; reports carry the clean form."""

from __future__ import annotations

import re

REASON_CHARACTERS = 1000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def storable(text: str) -> str:
    """With U+FFFD for NULs and lone surrogates, which JSON columns refuse; colours and other codes stay."""
    return _UNSTORABLE.sub("\ufffd", text)


def clean(text: str, most: int = REASON_CHARACTERS) -> str:
    """At most ``most`` characters, with U+FFFD also for control characters: for reasons and names."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return _UNFIT.sub("\ufffd", cut)


def to_bytes(text: str) -> bytes:
    """UTF-8; lone surrogates, which have no bytes of their own, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def cut_bytes(data: bytes, most: int) -> tuple[bytes, bool]:
    """At most ``most`` bytes, ending at the end of a character; and whether something was cut off."""
    if len(data) <= most:
        return data, False
    return data[:most].decode("utf-8", "ignore").encode(), True
