"""What calls cost, summed by what is asked for. Receipts are read as they are; another price list is only a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from assay.contracts.rpc import CostBy, GetCosts
from assay.contracts.spending import Costs
from services.ledger.memory.rules.costs import told_costs
from services.ledger.memory.rules.rows import TOKENS
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row

_LABELS: dict[CostBy, Callable[[Row], Any]] = {
    CostBy.CALL: lambda receipt: receipt["call_id"],
    CostBy.TASK: lambda receipt: receipt["task_id"],
    CostBy.MODEL: lambda receipt: receipt["model"],
    CostBy.DAY: lambda receipt: receipt["day"].isoformat(),
    CostBy.RUN: lambda receipt: receipt["run_id"],
}


def costs(store: MemoryStore, query: GetCosts) -> Costs:
    receipts = _receipts(store, query)
    rows = _grouped([receipt for receipt in receipts if receipt["purpose"] == "model"], query)
    judge = sum(receipt["posted_nanousd"] for receipt in receipts if receipt["purpose"] == "judge")
    return told_costs(query, rows, judge, sum(receipt["excess_nanousd"] for receipt in receipts))


def _receipts(store: MemoryStore, query: GetCosts) -> list[Row]:
    """Each with what is known of its attempt and its try."""
    project = store.projects.get(query.project)
    zone = ZoneInfo(project["time_zone"] if project else "UTC")
    receipts: list[Row] = []
    for call in store.calls:
        attempt = store.attempts[call["attempt_id"]]
        tried = store.tries.get((call["attempt_id"], call["token"]))
        of_project = store.runs[attempt["run_id"]]["project"] == query.project
        if of_project and query.run_id in ("", attempt["run_id"]):
            labels = {"task_id": attempt["task_id"], "model": attempt["model"], "run_id": attempt["run_id"]}
            ended = tried["ended"] if tried else "executed"
            receipts.append({**call, **labels, "ended": ended, "day": call["booked_at"].astimezone(zone).date()})
    return [receipt for receipt in receipts if _within(receipt["day"], query)]


def _within(day: date, query: GetCosts) -> bool:
    return (query.since is None or day >= query.since) and (query.until is None or day <= query.until)


def _grouped(receipts: list[Row], query: GetCosts) -> list[Row]:
    """One row per label and model, for prices are per model; or per call, where each is priced anew."""
    groups: defaultdict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for receipt in receipts:
        grain = receipt["call_id"] if query.prices else ""
        groups[_LABELS[query.by](receipt), receipt["model"], grain].append(receipt)
    return [_sums(label, model, group) for (label, model, _), group in sorted(groups.items())]


def _sums(label: str, model: str, receipts: list[Row]) -> Row:
    def cost(counts: Callable[[Row], bool]) -> int:
        return sum(row["posted_nanousd"] + row["excess_nanousd"] for row in receipts if counts(row))

    return {
        "label": label,
        "model": model,
        "calls": len(receipts),
        **{name: sum(getattr(row["body"].usage, name) for row in receipts) for name in TOKENS},
        "cost": cost(lambda _: True),
        "estimated": cost(lambda row: row["body"].estimated),
        "superseded": cost(lambda row: row["ended"] != "executed"),
    }
