"""The final state of a simulation, without what differs between equal runs: times, ids, and workers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tests.faults.simulation.checks.snapshot import Row
from tests.faults.simulation.simulation import Simulation

_ATTEMPT = (
    *("run_id", "ordinal", "sample_id", "model", "repeat", "key", "state", "outcome", "score", "reason", "tries"),
    *("gradings", "worst_nanousd", "held_nanousd", "cost_nanousd", "input_tokens", "output_tokens", "reused_from"),
)
_ACCOUNT = ("account", "limit_nanousd", "bound_nanousd", "held_nanousd", "posted_nanousd", "warned_percent")
_CELL = ("suite", "task_id", "task_digest", "model", "n", "passed", "errors", "score_sum", "cost_nanousd")
_CALL = ("attempt_id", "token", "purpose", "cost_nanousd", "posted_nanousd", "excess_nanousd")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def final_state(simulation: Simulation) -> bytes:
    """Equal bytes for equal results. Includes the counters of runs, but not their number of facts."""
    snapshot = simulation.snapshot
    counters = sorted(name for run in snapshot.runs[:1] for name in dict(run) if name.startswith("n_"))
    run = ("run_id", "status", "total", "priority", "reason", "cost_nanousd", "held_nanousd", *counters)
    state: dict[str, Any] = {
        "runs": _columns(snapshot.runs, run),
        "attempts": _columns(snapshot.attempts, _ATTEMPT),
        "accounts": [[_DAY.sub("day", str(value)) for value in row] for row in _columns(snapshot.accounts, _ACCOUNT)],
        "cells": _columns(snapshot.cells, _CELL),
        "calls": _columns(snapshot.calls, _CALL),
        "verdicts": _columns(snapshot.verdicts, ("attempt_id", "body")),
        "transfers": _columns(snapshot.transfers, ("kind", "attempt_id", "token", "held_nanousd", "posted_nanousd")),
    }
    text = msgspec.json.encode(state, order="deterministic").decode()
    for place, each in enumerate(sorted(snapshot.runs, key=lambda run: run["created_at"])):
        text = text.replace(each["run_id"], f"run{place}")
    return text.encode()


def _columns(table: Sequence[Row], columns: tuple[str, ...]) -> list[list[Any]]:
    return sorted(([row[column] for column in columns] for row in table), key=str)
