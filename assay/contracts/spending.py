"""Spending as people see it: accounts with their limits, and what calls cost."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from assay.contracts.codec import Data
from assay.contracts.models import Usage
from assay.contracts.money import Price, Usd


class AccountKind(StrEnum):
    """``run``, ``day`` and ``project`` are nested, and each bounds what is in it; ``judge`` is what model judges cost;
    ``excess`` is what providers charged beyond what was held, which no limit can undo."""

    RUN = "run"
    DAY = "day"
    PROJECT = "project"
    JUDGE = "judge"
    EXCESS = "excess"


class AccountView(Data, frozen=True, kw_only=True):
    """``left_usd`` is what may still be held: the limit without what is spent and held; None without a limit."""

    account: str
    kind: AccountKind
    limit_usd: Usd | None = None
    spent_usd: Usd
    held_usd: Usd = "0"
    left_usd: Usd | None = None


class CostRow(Data, frozen=True, kw_only=True):
    """``label`` is what was asked for: a call, task, model, day or run. ``estimated_usd`` is the part of ``cost_usd``
    that no provider reported; ``superseded_usd`` the part spent by tries whose result does not count."""

    label: str
    calls: int
    usage: Usage = Usage()
    cost_usd: Usd
    estimated_usd: Usd = "0"
    superseded_usd: Usd = "0"
    recosted_usd: Usd | None = None
    """At the prices of the report; None where it has none for the model."""


class Costs(Data, frozen=True, kw_only=True):
    rows: tuple[CostRow, ...] = ()
    total: CostRow
    judge_usd: Usd = "0"
    excess_usd: Usd = "0"
    since: date | None = None
    until: date | None = None
    next_cursor: str = ""


class ModelPrice(Data, frozen=True, kw_only=True):
    """A model's price, or the ``reason`` why it has none; baselines have neither, since they call no model."""

    model: str
    price: Price | None = None
    reason: str = ""
