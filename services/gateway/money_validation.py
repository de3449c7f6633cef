"""Amounts of money that people send."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from assay.contracts.problems import FieldError
from assay.contracts.runs import RunLimits
from services.gateway.errors import InvalidRequest

MAX_LIMIT_USD = 1_000_000_000


def check_limits(limits: RunLimits) -> None:
    """Raises Invalid."""
    check_amounts({"limits.cost_usd": limits.cost_usd})


def check_amounts(amounts: Mapping[str, str | None]) -> None:
    """Raises Invalid for what is more than anybody can mean, naming each place."""
    errors = [
        FieldError(where=where, message=f"${amount} is more than ${MAX_LIMIT_USD}; give null for no limit")
        for where, amount in amounts.items()
        if amount is not None and Decimal(amount) > MAX_LIMIT_USD
    ]
    if errors:
        raise InvalidRequest(*errors)
