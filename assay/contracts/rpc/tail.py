"""Requests for the output of running attempts."""

from __future__ import annotations

from typing import Any, ClassVar

from assay.contracts.codec import Data
from assay.contracts.rpc.request import Request
from assay.contracts.tail import TailLine


class TailBacklog(Data, frozen=True, kw_only=True):
    """The newest lines of a try's tail, oldest first. Consecutive pieces of one text can be joined into one line."""

    lines: tuple[TailLine, ...]


class ReadTail(Request[TailBacklog], frozen=True, kw_only=True, tag="tail.read"):
    """Get what a running attempt has sent on its tail so far. All runners get it, and the one that runs it replies."""

    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = TailBacklog
    attempt_id: str
