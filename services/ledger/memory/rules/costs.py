"""What calls cost, summed by what is asked for. Receipts are read as they are; another price list is only a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.contracts.models import Usage
from assay.contracts.money import Price, usd
from assay.contracts.rpc import GetCosts
from assay.contracts.spending import CostRow, Costs
from services.ledger.memory.rules.rows import TOKENS, Row


def told_costs(query: GetCosts, sums: Sequence[Row], judge_nanousd: int, excess_nanousd: int) -> Costs:
    """Rows by label, dearest first; pages of them where they are calls or runs. ``sums`` has a row per label and model,
    for prices are per model; or per call, where each is priced anew."""
    found = [_row(label, of_label, query.prices) for label, of_label in _by_label(sums).items()]
    found.sort(key=lambda row: (-float(row.cost_usd), row.label))
    start = int(query.cursor) if query.cursor.isdigit() else 0
    end = start + query.limit
    return Costs(
        rows=tuple(found[start:end]),
        total=_row("total", sums, query.prices),
        judge_usd=usd(judge_nanousd),
        excess_usd=usd(excess_nanousd),
        since=query.since,
        until=query.until,
        next_cursor=str(end) if len(found) > end else "",
    )


def _by_label(rows: Sequence[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["label"], []).append(row)
    return grouped


def _row(label: str, rows: Sequence[Row], prices: dict[str, Price]) -> CostRow:
    known = [row for row in rows if row["model"] in prices]
    return CostRow(
        label=label,
        calls=_sum(rows, "calls"),
        usage=Usage(**{name: _sum(rows, name) for name in TOKENS}),
        cost_usd=usd(_sum(rows, "cost")),
        estimated_usd=usd(_sum(rows, "estimated")),
        superseded_usd=usd(_sum(rows, "superseded")),
        recosted_usd=usd(sum(_recost(row, prices[row["model"]]) for row in known)) if known else None,
    )


def _recost(row: Row, price: Price) -> int:
    return price.cost(**{name: row[name] for name in TOKENS})


def _sum(rows: Sequence[Row], column: str) -> Any:
    return sum(row[column] for row in rows)
