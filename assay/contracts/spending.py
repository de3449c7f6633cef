"""Spending as shown to users: accounts with their limits, and costs of calls."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from assay.contracts.codec import Data
from assay.contracts.models import Usage
from assay.contracts.money import Price, Usd


class AccountKind(StrEnum):
    """``run``, ``day`` and ``project`` are nested, each with its own limit. ``judge`` is the cost of model judges.
    ``excess`` is what providers charged beyond the reserved amount, which no limit can prevent."""

    RUN = "run"
    DAY = "day"
    PROJECT = "project"
    JUDGE = "judge"
    EXCESS = "excess"


class AccountView(Data, frozen=True, kw_only=True):
    """``left_usd`` can still be reserved: the limit minus what is spent and held. None without a limit."""

    account: str
    kind: AccountKind
    limit_usd: Usd | None = None
    spent_usd: Usd
    held_usd: Usd = "0"
    left_usd: Usd | None = None


class CostRow(Data, frozen=True, kw_only=True):
    """``label`` is the requested grouping: a call, task, model, day or run. ``estimated_usd`` is the part of
    ``cost_usd`` that was not reported by a provider; ``superseded_usd`` is the part spent by tries whose result does
    not count."""

    label: str
    calls: int
    usage: Usage = Usage()
    cost_usd: Usd
    estimated_usd: Usd = "0"
    superseded_usd: Usd = "0"
    recosted_usd: Usd | None = None
    """The cost at the report's prices. None if the report has no price for the model."""


class Costs(Data, frozen=True, kw_only=True):
    rows: tuple[CostRow, ...] = ()
    total: CostRow
    judge_usd: Usd = "0"
    excess_usd: Usd = "0"
    since: date | None = None
    until: date | None = None
    next_cursor: str = ""


class ModelPrice(Data, frozen=True, kw_only=True):
    """A model's price, or the ``reason`` why it has none. Baselines have neither, since they call no model."""

    model: str
    price: Price | None = None
    reason: str = ""
