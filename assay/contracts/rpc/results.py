"""Requests for results: the leaderboard, and a run's facts."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.runs import Board


class GetBoard(Request[Board], frozen=True, kw_only=True, tag="leaderboard"):
    """The leaderboard of a suite, a category, or everything."""

    reply: ClassVar[Any] = Board
    suite: str = ""
    category: str = ""


class FactPage(Data, frozen=True, kw_only=True):
    """Facts as stored: each of ``events`` is the JSON text of one CloudEvents envelope, in order of sequence."""

    events: tuple[str, ...]
    last_sequence: int


class ListFacts(Request[FactPage], frozen=True, kw_only=True, tag="facts.list"):
    """A run's facts after a sequence: how a gap on the bus is filled from the truth. With ``entity`` (``run`` or
    ``attempt``) only those about it: of a long run, what became of the run itself is little."""

    reply: ClassVar[Any] = FactPage
    run_id: str
    after: Annotated[int, Meta(ge=0)] = 0
    limit: PageSize = 500
    entity: Literal["", "run", "attempt"] = ""
