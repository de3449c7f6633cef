"""Requests about attempts: claiming them, keeping their leases, reading them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from assay.contracts.attempts import AttemptDetail, AttemptView, Denied, Stage, State, Ticket, Token
from assay.contracts.codec import Data
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.verdicts import Outcome


class Claims(Data, frozen=True, kw_only=True):
    granted: tuple[Ticket, ...] = ()
    denied: tuple[Denied, ...] = ()


class Claim(Data, frozen=True, kw_only=True):
    attempt_id: str
    token: Token


class ClaimAttempts(Request[Claims], frozen=True, kw_only=True, tag="attempts.claim"):
    """Take leases on attempts that orders named. Runners claim with stage ``run``, judges with ``judge``."""

    reply: ClassVar[Any] = Claims
    worker_id: str
    stage: Stage
    claims: tuple[Claim, ...]


class Leases(Data, frozen=True, kw_only=True):
    """The answer to a heartbeat: leases that are no longer this worker's, whose work should stop."""

    lost: tuple[Claim, ...] = ()
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """This worker's slots among all live ones of its stage: its part of what a provider allows."""


class Heartbeat(Request[Leases], frozen=True, kw_only=True, tag="workers.heartbeat"):
    """A worker is alive with so many slots, and extends the leases it still works on."""

    reply: ClassVar[Any] = Leases
    worker_id: str
    stage: Stage
    pool: str = "default"
    slots: Annotated[int, Meta(ge=0, le=100_000)]
    leases: tuple[Claim, ...] = ()
    sandboxes: tuple[str, ...] | None = None
    """The kinds of sandbox it can give now; None while it has not found out."""


class AttemptPage(Data, frozen=True, kw_only=True):
    """By ordinal. ``sequence`` is the run's sequence the page was read at."""

    items: tuple[AttemptView, ...]
    next_cursor: str = ""
    total: int = 0
    sequence: int = 0


class ListAttempts(Request[AttemptPage], frozen=True, kw_only=True, tag="attempts.list"):
    """A run's attempts that match, by ordinal."""

    reply: ClassVar[Any] = AttemptPage
    run_id: str
    state: State | None = None
    outcome: Outcome | None = None
    model: str = ""
    task_id: str = ""
    cursor: str = ""
    limit: PageSize = 500


class GetAttempt(Request[AttemptDetail], frozen=True, kw_only=True, tag="attempts.get"):
    """One attempt with its tries, calls, verdict and artifacts."""

    reply: ClassVar[Any] = AttemptDetail
    attempt_id: str
