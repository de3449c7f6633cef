"""Requests about retention: the content that runs reference, and the expiry of old runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, field

from assay.contracts.codec import Data
from assay.contracts.rpc.request import Request


class Expired(Data, frozen=True, kw_only=True):
    runs: int = 0


class ExpireRuns(Request[Expired], frozen=True, kw_only=True, tag="artifacts.expire"):
    """Release the artifacts of runs that ended before ``ended_before``; rows, verdicts and costs stay. ``dry_run`` only
    counts the runs."""

    reply: ClassVar[Any] = Expired
    ended_before: datetime
    dry_run: bool = False


class References(Data, frozen=True, kw_only=True):
    """``next_cursor`` fetches the next page; it is empty on the last one."""

    digests: tuple[str, ...] = ()
    next_cursor: str = ""


class ListReferences(Request[References], frozen=True, kw_only=True, tag="artifacts.references"):
    """List the digests of an area that runs reference, page by page. A run references the artifacts of its attempts
    until it expires or if it ended before ``ended_before``, and the bundles of its tasks for as long as it exists."""

    reply: ClassVar[Any] = References
    area: Literal["public", "hidden", "reference", "attempts"]
    ended_before: datetime | None = None
    cursor: str = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 200
    """The number of attempts or runs per page; each references several digests."""


class Swept(Data, frozen=True, kw_only=True):
    """The result of garbage collection in one area. ``young`` counts unreferenced content within its grace period. In a
    dry run, ``deleted`` counts what would be deleted."""

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
    """The result of one garbage collection: how many runs expired, and what was deleted in each area."""

    dry_run: bool
    expired_runs: int = 0
    areas: dict[str, Swept] = field(default_factory=dict[str, Swept])
