"""Frames of the live WebSocket ``/api/v1/live``, both ways. docs/events.md tells the protocol.

Topics: ``runs`` (the newest runs), ``run:<run_id>``, ``attempt:<attempt_id>``, ``leaderboard[:<suite>]``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from assay.contracts.attempts import AttemptDetail, AttemptView
from assay.contracts.codec import Data, Message
from assay.contracts.problems import Problem
from assay.contracts.runs import Board, RunView
from assay.contracts.tail import TailLine

Topic = Annotated[str, Meta(pattern=r"^(runs|leaderboard(:[a-z0-9_-]+)?|(run|attempt):[a-z0-9-]+)$", max_length=120)]


class Subscribe(Message, frozen=True, kw_only=True, tag="subscribe"):
    """``cursor`` is the last sequence the client has of a run's facts: facts follow from there, without a snapshot.
    Without a cursor, or on topics that have none, a snapshot comes first."""

    topic: Topic
    cursor: Annotated[int, Meta(ge=0)] | None = None


class Unsubscribe(Message, frozen=True, kw_only=True, tag="unsubscribe"):
    topic: Topic


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Answered with a ``pong``; clients that cannot send WebSocket pings tell a dead line by it."""


ClientFrame = Subscribe | Unsubscribe | Ping


class RunSnapshot(Data, frozen=True, kw_only=True):
    """A run with all its attempts, read at ``run.sequence``."""

    run: RunView
    attempts: tuple[AttemptView, ...]


class RunsSnapshot(Data, frozen=True, kw_only=True):
    runs: tuple[RunView, ...]
    total: int


class Snapshot(Message, frozen=True, kw_only=True, tag="snapshot"):
    """The topic's whole state; it replaces what the client has. ``data`` is the JSON of a RunSnapshot, RunsSnapshot,
    AttemptDetail or Board, by topic (``state_kind``). Facts that follow have sequences above ``cursor``."""

    topic: str
    cursor: int
    data: msgspec.Raw


class FactFrame(Message, frozen=True, kw_only=True, tag="fact"):
    """``event`` is a CloudEvents envelope with a fact of this topic; ``cursor`` its sequence."""

    topic: str
    cursor: int
    event: msgspec.Raw


class TailFrame(Message, frozen=True, kw_only=True, tag="tail"):
    """Lines of one attempt; ``dropped`` were lost on the way to this client."""

    topic: str
    lines: tuple[TailLine, ...]
    dropped: int = 0


class ErrorFrame(Message, frozen=True, kw_only=True, tag="error"):
    """What the client asked for cannot be had; the connection stays."""

    problem: Problem
    topic: str = ""


class Degraded(Message, frozen=True, kw_only=True, tag="degraded"):
    """Live updates are (or are no longer) held up behind the gateway; what is shown may be old until then."""

    degraded: bool
    reason: str = ""


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    pass


ServerFrame = FactFrame | TailFrame | ErrorFrame | Degraded | Pong | Snapshot


def state_kind(topic: str) -> type[RunSnapshot | RunsSnapshot | AttemptDetail | Board]:
    """What the ``data`` of a topic's snapshots decodes to."""
    kinds = {"run": RunSnapshot, "runs": RunsSnapshot, "attempt": AttemptDetail, "leaderboard": Board}
    return kinds[topic.partition(":")[0]]
