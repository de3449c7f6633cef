"""Requests about attempts: claims, heartbeats and queries."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import AttemptView, Denied, Stage, State, Ticket, Token
from assay.contracts.codec import Data
from assay.contracts.models import Outage
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.verdicts import Outcome


class Claims(Data, frozen=True, kw_only=True):
    granted: tuple[Ticket, ...] = ()
    denied: tuple[Denied, ...] = ()


class Claim(Data, frozen=True, kw_only=True):
    attempt_id: str
    token: Token


class ClaimAttempts(Request[Claims], frozen=True, kw_only=True, tag="attempts.claim"):
    """Request leases on attempts named in orders; runners use stage ``run``, judges use ``judge``."""

    reply: ClassVar[Any] = Claims
    worker_id: str
    stage: Stage
    claims: tuple[Claim, ...]


class Leases(Data, frozen=True, kw_only=True):
    """The reply to a heartbeat. ``lost`` are leases that this worker no longer has; it must stop working on them."""

    lost: tuple[Claim, ...] = ()
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """This worker's fraction of all live slots of its stage, and so of a provider's rate limit."""


class Heartbeat(Request[Leases], frozen=True, kw_only=True, tag="workers.heartbeat"):
    """A worker reports that it is alive and how many slots it has, and extends its leases."""

    reply: ClassVar[Any] = Leases
    worker_id: str
    stage: Stage
    pool: str = "default"
    slots: Annotated[int, Meta(ge=0, le=100_000)]
    leases: tuple[Claim, ...] = ()
    sandboxes: tuple[str, ...] | None = None
    """The kinds of sandbox currently available on the worker. None until it has probed them."""
    outages: tuple[Outage, ...] = ()


class AttemptPage(Data, frozen=True, kw_only=True):
    """Attempts by ordinal. ``sequence`` is the run's sequence at the time of reading."""

    items: tuple[AttemptView, ...]
    next_cursor: str = ""
    total: int = 0
    sequence: int = 0


class ListAttempts(Request[AttemptPage], frozen=True, kw_only=True, tag="attempts.list"):
    """List a run's matching attempts by ordinal."""

    reply: ClassVar[Any] = AttemptPage
    run_id: str
    state: State | None = None
    outcome: Outcome | None = None
    model: str = ""
    task_id: str = ""
    flagged: bool = False
    """Only attempts with audit flags."""
    cursor: str = ""
    limit: PageSize = 500


class GetAttempt(Request[AttemptDetail], frozen=True, kw_only=True, tag="attempts.get"):
    """Get one attempt with its tries, calls, verdict and artifacts."""

    reply: ClassVar[Any] = AttemptDetail
    attempt_id: str
