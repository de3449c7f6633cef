"""Requests about what is kept: which content runs still refer to, and which runs have had theirs given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.rpc.request import Request


class Expired(Data, frozen=True, kw_only=True):
    runs: int = 0


class ExpireRuns(Request[Expired], frozen=True, kw_only=True, tag="artifacts.expire"):
    """Give up what the attempts of runs left that ended before then. Rows, verdicts and costs stay. ``dry_run``
    only counts them."""

    reply: ClassVar[Any] = Expired
    ended_before: datetime
    dry_run: bool = False


class References(Data, frozen=True, kw_only=True):
    """``next_cursor`` fetches the following page; empty on the last."""

    digests: tuple[str, ...] = ()
    next_cursor: str = ""


class ListReferences(Request[References], frozen=True, kw_only=True, tag="artifacts.references"):
    """The content of an area that runs refer to, by digest, page by page. What attempts left is referred to until the
    run expires, or ended before ``ended_before``; bundles of tasks for as long as there is the run."""

    reply: ClassVar[Any] = References
    area: Literal["public", "hidden", "reference", "attempts"]
    ended_before: datetime | None = None
    cursor: str = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 200
    """Of attempts, or of runs; each refers to several."""
