"""A run's limits on its attempts: they can lower a task's limit, or set one the task does not have, but never raise
one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from msgspec import structs

from assay.contracts.tasks import AttemptLimits, Limits

OverrideError = tuple[str, str]
"""The limit's name, and why it is refused."""


def apply_overrides(limits: Limits, overrides: AttemptLimits) -> Limits:
    """The task's limits with the run's overrides, which must have passed ``override_errors``."""
    return structs.replace(limits, **_given_limits(overrides))


def override_errors(overrides: AttemptLimits, tasks: Sequence[tuple[str, Limits]]) -> Iterator[OverrideError]:
    """Every override above the limit of a task; names the task with the lowest limit."""
    for name, bound in _given_limits(overrides).items():
        over = [(limit, task_id) for task_id, limits in tasks if (limit := _number(getattr(limits, name))) is not None]
        lowest = min(over, default=None)
        if lowest is not None and lowest[0] < (_number(bound) or 0):
            limit, task_id = lowest
            yield (
                name,
                f"{_text(bound)} exceeds {_text(limit)} of task {task_id!r}; a run can only lower a task's limit",
            )


def _given_limits(asked: AttemptLimits) -> dict[str, Any]:
    return {name: bound for name, bound in structs.asdict(asked).items() if bound is not None}


def _text(bound: str | float | Decimal) -> str:
    return f"{Decimal(bound).normalize():f}"


def _number(bound: str | float | None) -> Decimal | None:
    return None if bound is None else Decimal(str(bound))
