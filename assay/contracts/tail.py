"""The tail: an attempt's output while it runs. Lossy on purpose; the artifacts contain everything afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from assay.contracts.attempts import Token
from assay.contracts.codec import Data, Message
from assay.contracts.models import Usage
from assay.contracts.money import NanoUsd

UNKNOWN_OFFSET = -1


class TailKind(StrEnum):
    STEP = "step"
    """What the worker is doing, for example ``calling the model``."""
    PROMPT = "prompt"
    MODEL = "model"
    REASONING = "reasoning"
    """What the model writes before its answer; never graded."""
    STDOUT = "stdout"
    STDERR = "stderr"


class StepKind(StrEnum):
    """The parts of an agent's turn, and the end of its work."""

    REASONING = "reasoning"
    MESSAGE = "message"
    CALL = "call"
    RESULT = "result"
    END = "end"


class AgentStep(Data, frozen=True, kw_only=True, omit_defaults=True):
    """One line of ``transcript.jsonl``; on the tail, the same without ``text``. ``number`` counts the steps from 1;
    ``turn`` counts the model's turns. ``text`` is a message, a call's arguments as JSON, or a result. ``failed``: the
    tool reported an error. ``tool_calls``, ``usage`` and ``cost_nanousd`` are the try's totals so far."""

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
    """A piece of an attempt's live output. ``text`` is untrusted and can be part of a line. ``dropped`` counts the
    lines lost before this one."""

    attempt_id: str
    token: Token
    kind: TailKind
    text: str
    time: datetime
    dropped: int = 0
    step: AgentStep | None = None
    """The agent's step that this line belongs to."""
    offset: int = UNKNOWN_OFFSET
    """Characters that the try sent before this line, so that gaps and repetitions can be told; -1 if unknown. An empty
    line counts as one character."""


def tail_end(line: TailLine) -> int:
    """The offset of the line that follows this one."""
    return line.offset + max(1, len(line.text))
