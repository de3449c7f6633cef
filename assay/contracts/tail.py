"""The tail: what an attempt says while it works. Lossy on purpose; the whole is in the artifacts afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from assay.contracts.attempts import Token
from assay.contracts.codec import Message


class TailKind(StrEnum):
    STEP = "step"
    """What the worker does now: ``calling the model``."""
    PROMPT = "prompt"
    MODEL = "model"
    STDOUT = "stdout"
    STDERR = "stderr"


class TailLine(Message, frozen=True, kw_only=True, tag="tail.line"):
    """What an attempt just said or was told. ``text`` is untrusted; it may be part of a line. ``dropped`` counts
    the lines lost before this one."""

    attempt_id: str
    token: Token
    kind: TailKind
    text: str
    time: datetime
    dropped: int = 0
