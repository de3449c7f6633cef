"""A file's lines with their endings, so that a patch changes nothing but the lines it names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")


class Exactness(IntEnum):
    """How lines are compared: each level ignores more."""

    BYTES = 0
    LINE_ENDINGS = 1
    TRAILING_SPACE = 2
    ALL_SPACE = 3


class FileLines:
    """``texts`` are the lines without their endings, ``endings`` are ``\\n`` or ``\\r\\n``. Only newlines end a line.
    Without a final newline, the last ending only counts once another line follows. Bytes that are not UTF-8 are
    kept."""

    def __init__(self, content: bytes) -> None:
        *pieces, last = content.decode("utf-8", "surrogateescape").split("\n")
        self.texts = [piece.removesuffix("\r") for piece in pieces]
        self.endings = ["\r\n" if piece.endswith("\r") else "\n" for piece in pieces]
        self.final_newline = not last
        if last:
            self.endings.append(self.usual_ending())
            self.texts.append(last)

    def encode(self) -> bytes:
        lines = [text + ending for text, ending in zip(self.texts, self.endings, strict=True)]
        if lines and not self.final_newline:
            lines[-1] = self.texts[-1]
        return "".join(lines).encode("utf-8", "surrogateescape")

    def usual_ending(self) -> str:
        counts = Counter(self.endings)
        return "\r\n" if counts["\r\n"] > counts["\n"] else "\n"

    def keys(self, exactness: Exactness, start: int = 0, end: int | None = None) -> list[str]:
        """What lines are compared by."""
        texts = self.texts[start:end]
        if exactness is not Exactness.BYTES:
            return comparable(texts, exactness)
        keys = [text + ending[:-1] for text, ending in zip(texts, self.endings[start:end], strict=True)]
        if keys and not self.final_newline and start + len(keys) == len(self.texts):
            keys[-1] = texts[-1]
        return keys

    def replace(self, start: int, end: int, texts: Sequence[str], endings: Sequence[str]) -> None:
        self.texts[start:end] = texts
        self.endings[start:end] = endings


def comparable(texts: Sequence[str], exactness: Exactness) -> list[str]:
    match exactness:
        case Exactness.BYTES:
            return list(texts)
        case Exactness.LINE_ENDINGS:
            return [text.removesuffix("\r") for text in texts]
        case Exactness.TRAILING_SPACE:
            return [_INVISIBLE.sub("", text).rstrip() for text in texts]
        case Exactness.ALL_SPACE:
            return [" ".join(_INVISIBLE.sub("", text).split()) for text in texts]
