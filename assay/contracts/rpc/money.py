"""Requests about money: grants of tries, limits of projects, and costs."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from msgspec import UNSET, UnsetType, field

from assay.contracts.attempts import Token
from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.money import NanoUsd, Price, Usd
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.spending import AccountView, Costs


class Grant(Data, frozen=True, kw_only=True):
    """``granted_nanousd`` is the additional amount the try may use. If it is 0, ``reason`` names the limit, with the
    numbers. ``lost``: the worker no longer has the lease."""

    granted_nanousd: NanoUsd = 0
    reason: str = ""
    lost: bool = False


class TopUpGrant(Request[Grant], frozen=True, kw_only=True, tag="grants.top_up"):
    """Reserve more money for a running try or grading, all or nothing; idempotent by ``request_id``."""

    reply: ClassVar[Any] = Grant
    request_id: str
    attempt_id: str
    token: Token
    amount_nanousd: NanoUsd


class ReleaseGrant(Request[Grant], frozen=True, kw_only=True, tag="grants.release"):
    """No longer sent or answered: a try's report releases what is left. Kept so that recorded frames still decode."""

    reply: ClassVar[Any] = Grant
    request_id: str
    attempt_id: str
    token: Token
    amount_nanousd: NanoUsd


class Money(Data, frozen=True, kw_only=True):
    """A project's current accounts: day, project, judge and excess. Days begin at midnight in ``time_zone``, and from
    ``next_time_zone_at`` on in ``next_time_zone``, if that is not empty."""

    project: str
    time_zone: str
    accounts: tuple[AccountView, ...]
    next_time_zone: str = ""
    next_time_zone_at: datetime | None = None


class GetMoney(Request[Money], frozen=True, kw_only=True, tag="money.get"):
    """Get what a project has spent, has reserved and can still spend."""

    reply: ClassVar[Any] = Money
    project: str = "default"


class SetMoneyLimits(Request[Money], frozen=True, kw_only=True, tag="money.limits"):
    """Set the limits of a project's day, of its lifetime and of its judges; None removes a limit. If the project spent
    money today or yesterday, another ``time_zone`` takes effect when the present day ends."""

    reply: ClassVar[Any] = Money
    project: str = "default"
    day_usd: Usd | None
    project_usd: Usd | None
    time_zone: str = "UTC"
    judge_usd: Usd | UnsetType | None = UNSET
    """Of all calls of models that judge. Unset, it stays as it is."""


class CostBy(StrEnum):
    CALL = "call"
    TASK = "task"
    MODEL = "model"
    DAY = "day"
    RUN = "run"


class GetCosts(Request[Costs], frozen=True, kw_only=True, tag="costs"):
    """Sum up what calls cost. With ``prices``, the reply also contains the cost of the same usage at those prices."""

    reply: ClassVar[Any] = Costs
    by: CostBy = CostBy.MODEL
    run_id: str = ""
    project: str = "default"
    since: date | None = None
    until: date | None = None
    prices: dict[ModelName, Price] = field(default_factory=dict[str, Price])
    cursor: str = ""
    limit: PageSize = 500
