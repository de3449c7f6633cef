"""Frames of the live WebSocket ``/api/v1/live``, in both directions. docs/events.md describes the protocol.

Topics: ``runs`` (the newest runs), ``run:<run_id>``, ``attempt:<attempt_id>``, ``leaderboard[:<suite>]``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import AttemptView
from assay.contracts.codec import Data, Message
from assay.contracts.leaderboard import Board
from assay.contracts.problems import Problem
from assay.contracts.runs import RunView
from assay.contracts.tail import TailLine

Topic = Annotated[str, Meta(pattern=r"^(runs|leaderboard(:[a-z0-9_-]+)?|(run|attempt):[a-z0-9-]+)$", max_length=120)]


class Subscribe(Message, frozen=True, kw_only=True, tag="subscribe"):
    """``cursor`` is the sequence of the last fact the client has of a run: the facts after it follow, without a
    snapshot. Without a cursor, and on topics without sequences, the server sends a snapshot first."""

    topic: Topic
    cursor: Annotated[int, Meta(ge=0)] | None = None


class Unsubscribe(Message, frozen=True, kw_only=True, tag="unsubscribe"):
    topic: Topic


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Answered with a ``pong``. Lets clients that cannot send WebSocket pings detect a dead connection."""


ClientFrame = Subscribe | Unsubscribe | Ping


class RunSnapshot(Data, frozen=True, kw_only=True):
    """A run with all its attempts as of ``run.sequence``."""

    run: RunView
    attempts: tuple[AttemptView, ...]


class RunsSnapshot(Data, frozen=True, kw_only=True):
    runs: tuple[RunView, ...]
    total: int


class Snapshot(Message, frozen=True, kw_only=True, tag="snapshot"):
    """The topic's whole state, which replaces the client's. ``data`` is the JSON of a RunSnapshot, RunsSnapshot,
    AttemptDetail or Board, depending on the topic (``state_kind``). Later facts have sequences above ``cursor``."""

    topic: str
    cursor: int
    data: msgspec.Raw


class FactFrame(Message, frozen=True, kw_only=True, tag="fact"):
    """``event`` is the CloudEvents envelope of a fact of this topic; ``cursor`` is its sequence."""

    topic: str
    cursor: int
    event: msgspec.Raw


class TailFrame(Message, frozen=True, kw_only=True, tag="tail"):
    """Output lines of one attempt. ``dropped`` counts lines that were lost on the way to this client."""

    topic: str
    lines: tuple[TailLine, ...]
    dropped: int = 0


class ErrorFrame(Message, frozen=True, kw_only=True, tag="error"):
    """The client's request failed; the connection stays open."""

    problem: Problem
    topic: str = ""


class Degraded(Message, frozen=True, kw_only=True, tag="degraded"):
    """Whether live updates are delayed behind the gateway. While they are, the data shown can be out of date."""

    degraded: bool
    reason: str = ""


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    pass


ServerFrame = FactFrame | TailFrame | ErrorFrame | Degraded | Pong | Snapshot


def state_kind(topic: str) -> type[RunSnapshot | RunsSnapshot | AttemptDetail | Board]:
    """The type that the ``data`` of a topic's snapshots decodes to."""
    kinds = {"run": RunSnapshot, "runs": RunsSnapshot, "attempt": AttemptDetail, "leaderboard": Board}
    return kinds[topic.partition(":")[0]]
