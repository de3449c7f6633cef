"""Checks of amounts of money that users send."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from assay.contracts.problems import FieldError
from assay.contracts.runs import LimitsChange, RunLimits
from services.gateway.errors import InvalidRequest

MAX_LIMIT_USD = 1_000_000_000


def check_limits(limits: RunLimits | LimitsChange) -> None:
    """Raises InvalidRequest."""
    check_amounts({"limits.cost_usd": limits.cost_usd or None})


def check_amounts(amounts: Mapping[str, str | None]) -> None:
    """Raises InvalidRequest, naming each place, for amounts so high that they must be mistakes."""
    errors = [
        FieldError(where=where, message=f"must be at most ${MAX_LIMIT_USD:,}, got ${amount}; use null for no limit")
        for where, amount in amounts.items()
        if amount is not None and Decimal(amount) > MAX_LIMIT_USD
    ]
    if errors:
        raise InvalidRequest(*errors)
