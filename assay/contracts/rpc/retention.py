"""Requests about what is kept: which content runs still refer to, and which runs have had theirs given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, field

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


class Swept(Data, frozen=True, kw_only=True):
    """What became of an area's content. ``young`` is what nobody refers to and is within its grace period. In a dry run
    ``deleted`` is what would be."""

    looked_at: int = 0
    referred_to: int = 0
    young: int = 0
    deleted: int = 0
    freed_bytes: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            looked_at=self.looked_at + other.looked_at,
            referred_to=self.referred_to + other.referred_to,
            young=self.young + other.young,
            deleted=self.deleted + other.deleted,
            freed_bytes=self.freed_bytes + other.freed_bytes,
        )


class Collected(Data, frozen=True, kw_only=True):
    """One collection of garbage: how many runs had what they left given up, and what went, by area."""

    dry_run: bool
    expired_runs: int = 0
    areas: dict[str, Swept] = field(default_factory=dict[str, Swept])
