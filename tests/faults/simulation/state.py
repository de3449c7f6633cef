"""What a simulation came to, without what differs from one run to the next: times, ids, and who did the work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tests.faults.simulation.simulation import Simulation
from tests.faults.simulation.snapshot import Row

_ATTEMPT = (
    *("run_id", "ordinal", "sample_id", "model", "repeat", "key", "state", "outcome", "score", "reason", "tries"),
    *("gradings", "worst_nanousd", "held_nanousd", "cost_nanousd", "input_tokens", "output_tokens", "reused_from"),
)
_ACCOUNT = ("account", "limit_nanousd", "bound_nanousd", "held_nanousd", "posted_nanousd", "warned_percent")
_CELL = ("suite", "task_id", "task_digest", "model", "n", "passed", "errors", "score_sum", "cost_nanousd")
_CALL = ("attempt_id", "token", "purpose", "cost_nanousd", "posted_nanousd", "excess_nanousd")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def final_state(simulation: Simulation) -> bytes:
    """Equal bytes for equal results. Of runs all counters are kept, but not how many facts told of them."""
    store = simulation.snapshot
    counters = sorted(name for run in store.runs[:1] for name in dict(run) if name.startswith("n_"))
    run = ("run_id", "status", "total", "priority", "reason", "cost_nanousd", "held_nanousd", *counters)
    state: dict[str, Any] = {
        "runs": _chosen(store.runs, run),
        "attempts": _chosen(store.attempts, _ATTEMPT),
        "accounts": [[_DAY.sub("day", str(value)) for value in row] for row in _chosen(store.accounts, _ACCOUNT)],
        "cells": _chosen(store.cells, _CELL),
        "calls": _chosen(store.calls, _CALL),
        "verdicts": _chosen(store.verdicts, ("attempt_id", "body")),
        "transfers": _chosen(store.transfers, ("kind", "attempt_id", "token", "held_nanousd", "posted_nanousd")),
    }
    text = msgspec.json.encode(state, order="deterministic").decode()
    for place, each in enumerate(sorted(store.runs, key=lambda run: run["created_at"])):
        text = text.replace(each["run_id"], f"run{place}")
    return text.encode()


def _chosen(table: Sequence[Row], columns: tuple[str, ...]) -> list[list[Any]]:
    return sorted(([row[column] for column in columns] for row in table), key=str)
