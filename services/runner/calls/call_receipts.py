"""What a try spent, in as many calls as one report can hold."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.models import Call, Usage

MOST_CALLS = 1500
"""Of some 350 bytes each, half of what a message of the bus may hold. ``result.json`` has all of them."""


def receipts(calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls themselves, or the first of them and one for the rest: not a nano-dollar and not a token less."""
    if len(calls) <= MOST_CALLS:
        return tuple(calls)
    first, rest = calls[: MOST_CALLS - 1], calls[MOST_CALLS - 1 :]
    return (*first, _summed(rest))


def _summed(calls: Sequence[Call]) -> Call:
    last = calls[-1]
    return Call(
        call_id=last.call_id,
        model=last.model,
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
