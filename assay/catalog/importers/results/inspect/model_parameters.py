"""The parameters of a model as far as Assay knows them, and its usage and cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from assay.catalog.importers.results.inspect.format import ModelUsage
from assay.contracts.imported_runs import MAX_COST_USD, MAX_SECONDS, MAX_TOKENS
from assay.contracts.models import Parameters, Usage
from assay.contracts.money import nanousd, usd

_NAMES = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
    "seed": "seed",
    "stop_seqs": "stop",
    "reasoning_effort": "reasoning_effort",
}
"""Assay's name by Inspect's."""
_MAX_COUNT = MAX_TOKENS // 3
"""The prompt's is the sum of three."""


def parameters_of(config: Mapping[str, Any]) -> tuple[Parameters, tuple[str, ...]]:
    """Also the names of those whose values Assay does not allow."""
    found: dict[str, Any] = {}
    refused: list[str] = []
    for theirs, ours in _NAMES.items():
        value = config.get(theirs)
        if value is None:
            continue
        try:
            msgspec.convert({ours: value}, type=Parameters)
            found[ours] = value
        except msgspec.ValidationError:
            refused.append(theirs)
    return msgspec.convert(found, type=Parameters), tuple(refused)


def usage_of(usage: ModelUsage) -> Usage:
    read, written = _count(usage.input_tokens_cache_read), _count(usage.input_tokens_cache_write)
    reasoning = _count(usage.reasoning_tokens)
    return Usage(
        input_tokens=_count(usage.input_tokens) + read + written,
        cached_tokens=read,
        cache_write_tokens=written,
        output_tokens=max(_count(usage.output_tokens), reasoning),
        reasoning_tokens=reasoning,
    )


def cost_usd(cost: float | None) -> str:
    if cost is None or not math.isfinite(cost):
        return "0"
    return usd(nanousd(Decimal(min(cost, MAX_COST_USD)))) if cost > 0 else "0"


def seconds(*times: float | None) -> float:
    """The first that is a duration; 0 if none is."""
    found = next((time for time in times if time is not None and math.isfinite(time) and time >= 0), 0.0)
    return min(found, float(MAX_SECONDS))


def _count(number: int | None) -> int:
    return min(max(0, number or 0), _MAX_COUNT)
