"""The tail: what an attempt says while it works. Lossy on purpose; the whole is in the artifacts afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from assay.contracts.attempts import Token
from assay.contracts.codec import Data, Message
from assay.contracts.models import Usage
from assay.contracts.money import NanoUsd


class TailKind(StrEnum):
    STEP = "step"
    """What the worker does now: ``calling the model``."""
    PROMPT = "prompt"
    MODEL = "model"
    STDOUT = "stdout"
    STDERR = "stderr"


class StepKind(StrEnum):
    """The parts of an agent's turn, and how it ends."""

    MESSAGE = "message"
    CALL = "call"
    RESULT = "result"
    END = "end"


class AgentStep(Data, frozen=True, kw_only=True, omit_defaults=True):
    """One line of ``transcript.jsonl``, and on the tail the same without its ``text``. ``number`` counts from 1 and
    never changes, ``turn`` is that of the model; ``text`` is what was said, a call's arguments as JSON, or a result.
    ``failed`` is a tool that could not do what it was asked. Money and counts are the try's so far."""

    number: int
    turn: int
    kind: StepKind
    time: datetime
    text: str = ""
    tool: str = ""
    call_id: str = ""
    failed: bool = False
    tool_calls: int = 0
    usage: Usage = Usage()
    cost_nanousd: NanoUsd = 0


class TailLine(Message, frozen=True, kw_only=True, tag="tail.line"):
    """What an attempt just said or was told. ``text`` is untrusted; it may be part of a line. ``dropped`` counts
    the lines lost before this one."""

    attempt_id: str
    token: Token
    kind: TailKind
    text: str
    time: datetime
    dropped: int = 0
    step: AgentStep | None = None
    """Which step of an agent this line is."""
