"""Requests about money: grants of tries, limits of projects, what was spent."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from msgspec import field

from assay.contracts.attempts import Token
from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.money import NanoUsd, Price, Usd
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.spending import AccountView, Costs


class Grant(Data, frozen=True, kw_only=True):
    """``granted_nanousd`` more may be used; 0 when refused, ``reason`` says which limit, with the numbers.
    ``lost``: the lease is no longer this worker's."""

    granted_nanousd: NanoUsd = 0
    reason: str = ""
    lost: bool = False


class TopUpGrant(Request[Grant], frozen=True, kw_only=True, tag="grants.top_up"):
    """Reserve more money for a try under way, all or nothing. The same ``request_id`` reserves once."""

    reply: ClassVar[Any] = Grant
    request_id: str
    attempt_id: str
    token: Token
    amount_nanousd: NanoUsd


class ReleaseGrant(Request[Grant], frozen=True, kw_only=True, tag="grants.release"):
    """Give back reserved money that a try will not use, before its report does. Once per ``request_id``."""

    reply: ClassVar[Any] = Grant
    request_id: str
    attempt_id: str
    token: Token
    amount_nanousd: NanoUsd


class Money(Data, frozen=True, kw_only=True):
    """A project's accounts now: the day's, the project's, what judges and what went beyond holds cost."""

    project: str
    time_zone: str
    accounts: tuple[AccountView, ...]


class GetMoney(Request[Money], frozen=True, kw_only=True, tag="money.get"):
    """What a project has spent, holds, and may spend."""

    reply: ClassVar[Any] = Money
    project: str = "default"


class SetMoneyLimits(Request[Money], frozen=True, kw_only=True, tag="money.limits"):
    """Set a project's limits: of each day, and of all time. None takes a limit away."""

    reply: ClassVar[Any] = Money
    project: str = "default"
    day_usd: Usd | None
    project_usd: Usd | None
    time_zone: str = "UTC"


class CostBy(StrEnum):
    CALL = "call"
    TASK = "task"
    MODEL = "model"
    DAY = "day"
    RUN = "run"


class GetCosts(Request[Costs], frozen=True, kw_only=True, tag="costs"):
    """What calls cost, summed. With ``prices`` the same usage at other prices, beside what was paid: a report, which
    changes nothing."""

    reply: ClassVar[Any] = Costs
    by: CostBy = CostBy.MODEL
    run_id: str = ""
    project: str = "default"
    since: date | None = None
    until: date | None = None
    prices: dict[ModelName, Price] = field(default_factory=dict[str, Price])
    cursor: str = ""
    limit: PageSize = 500
