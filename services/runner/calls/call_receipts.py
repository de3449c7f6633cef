"""Fits a try's calls into one report."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.models import Call, Usage

MAX_CALLS = 1000
"""At about 500 bytes each, half the size limit of a bus message. ``result.json`` has every call."""


def call_receipts(calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls, or if there are too many, the first ones and one that sums up the rest to the nano-dollar."""
    if len(calls) <= MAX_CALLS:
        return tuple(calls)
    first, rest = calls[: MAX_CALLS - 1], calls[MAX_CALLS - 1 :]
    return (*first, _sum(rest))


def _sum(calls: Sequence[Call]) -> Call:
    last = calls[-1]
    return Call(
        call_id=last.call_id,
        model=last.model,
        served_model=last.served_model,
        usage=sum((call.usage for call in calls), Usage()),
        cost_nanousd=sum(call.cost_nanousd for call in calls),
        price_version=last.price_version,
        estimated=any(call.estimated for call in calls),
        fault=last.fault,
        retries=sum(call.retries for call in calls),
        latency_seconds=sum(call.latency_seconds for call in calls),
        finish_reason=last.finish_reason,
        requests=len(calls),
    )
