"""Requests for the leaderboard and for a run's facts."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.leaderboard import Board
from assay.contracts.rpc.request import PageSize, Request


class GetBoard(Request[Board], frozen=True, kw_only=True, tag="leaderboard"):
    """Get the leaderboard of everything, or of the tasks with this suite, category, difficulty and language."""

    reply: ClassVar[Any] = Board
    suite: str = ""
    category: str = ""
    difficulty: str = ""
    language: str = ""


class FactPage(Data, frozen=True, kw_only=True):
    """Facts as stored. Each of ``events`` is the JSON text of one CloudEvents envelope, in order of sequence."""

    events: tuple[str, ...]
    last_sequence: int


class ListFacts(Request[FactPage], frozen=True, kw_only=True, tag="facts.list"):
    """List a run's facts after a sequence, to fill gaps in the events received over the bus. ``entity`` limits them to
    facts about the run itself or about its attempts."""

    reply: ClassVar[Any] = FactPage
    run_id: str
    after: Annotated[int, Meta(ge=0)] = 0
    limit: PageSize = 500
    entity: Literal["", "run", "attempt"] = ""
