"""The cost report: what calls cost, summed by a label. Receipts stay as they are; other prices only add a column."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.models import Usage
from assay.contracts.money import Price, usd
from assay.contracts.rpc import CostBy, GetCosts
from assay.contracts.spending import CostRow, Costs
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns
from services.ledger.money.time_zone import zone
from services.ledger.money.usage import TOKENS, UsageRow

_ZONE = f"coalesce((SELECT {zone()} FROM projects WHERE project = $1), 'UTC')"
_LABELS = {
    CostBy.CALL: "c.call_id",
    CostBy.TASK: "a.task_id",
    CostBy.MODEL: "a.model",
    CostBy.DAY: f"(c.booked_at AT TIME ZONE {_ZONE})::date::text",
    CostBy.RUN: "a.run_id",
}
_TOKEN_SUMS = ", ".join(f"coalesce(sum((c.body->'usage'->>'{name}')::bigint), 0)::bigint AS {name}" for name in TOKENS)
_COST = "c.posted_nanousd + c.excess_nanousd"
_FILTER = f"""
WHERE r.project = $1 AND ($2 = '' OR a.run_id = $2)
  AND ($3::date IS NULL OR (c.booked_at AT TIME ZONE {_ZONE})::date >= $3)
  AND ($4::date IS NULL OR (c.booked_at AT TIME ZONE {_ZONE})::date <= $4)
"""

# The receipt of a lost hold has no usage of its own.
_SUMS = f"""
SELECT {{label}} AS label, a.model, count(*)::int AS calls, {_TOKEN_SUMS}, sum({_COST})::bigint AS cost,
  coalesce(sum({_COST}) FILTER (WHERE (c.body->>'estimated')::bool), 0)::bigint AS estimated,
  coalesce(sum({_COST}) FILTER (WHERE t.ended <> 'executed'), 0)::bigint AS superseded
FROM calls c JOIN attempts a USING (attempt_id) JOIN runs r USING (run_id)
LEFT JOIN tries t ON t.attempt_id = c.attempt_id AND t.token = c.token
{_FILTER} AND c.purpose = 'model' GROUP BY 1, 2{{per_call}} ORDER BY 1, 2
"""

_APART = f"""
SELECT coalesce(sum(c.posted_nanousd) FILTER (WHERE c.purpose = 'judge'), 0)::bigint,
  coalesce(sum(c.excess_nanousd), 0)::bigint
FROM calls c JOIN attempts a USING (attempt_id) JOIN runs r USING (run_id) {_FILTER}
"""


_CALIBRATIONS = f"""
SELECT coalesce(sum(posted_nanousd), 0)::bigint FROM calibrations WHERE account = 'judge:' || $1 AND $2 = ''
  AND ($3::date IS NULL OR (held_at AT TIME ZONE {_ZONE})::date >= $3)
  AND ($4::date IS NULL OR (held_at AT TIME ZONE {_ZONE})::date <= $4)
"""


class CostSum(UsageRow):
    """Of one label and model, because prices are per model; or of one call, if each is priced anew."""

    label: str
    model: str
    calls: int
    cost: int
    estimated: int
    superseded: int


class _Apart(Row):
    judge: int
    excess: int


async def cost_report(connection: Connection, query: GetCosts) -> Costs:
    sums = _SUMS.format(label=_LABELS[query.by], per_call=", c.call_id" if query.prices else "")
    filters = (query.project, query.run_id, query.since, query.until)
    rows = await connection.rows(CostSum, f"SELECT {columns(CostSum)} FROM ({sums}) sums", *filters)
    apart = await connection.one(_Apart, _APART, *filters)
    calibrations = await connection.value(int, _CALIBRATIONS, *filters) or 0
    return report_of(query, rows, apart.judge + calibrations, apart.excess)


def report_of(query: GetCosts, sums: Sequence[CostSum], judge_nanousd: int, excess_nanousd: int) -> Costs:
    """Rows by label, most expensive first, page by page."""
    by_label: dict[str, list[CostSum]] = {}
    for each in sums:
        by_label.setdefault(each.label, []).append(each)
    rows = [_row(label, of_label, query.prices) for label, of_label in by_label.items()]
    rows.sort(key=lambda row: (-float(row.cost_usd), row.label))
    start = int(query.cursor) if query.cursor.isdigit() else 0
    end = start + query.limit
    return Costs(
        rows=tuple(rows[start:end]),
        total=_row("total", sums, query.prices),
        judge_usd=usd(judge_nanousd),
        excess_usd=usd(excess_nanousd),
        since=query.since,
        until=query.until,
        next_cursor=str(end) if len(rows) > end else "",
    )


def _row(label: str, sums: Sequence[CostSum], prices: dict[str, Price]) -> CostRow:
    priced = [each for each in sums if each.model in prices]
    return CostRow(
        label=label,
        calls=sum(each.calls for each in sums),
        usage=sum((each.usage for each in sums), Usage()),
        cost_usd=usd(sum(each.cost for each in sums)),
        estimated_usd=usd(sum(each.estimated for each in sums)),
        superseded_usd=usd(sum(each.superseded for each in sums)),
        recosted_usd=usd(sum(_recost(each, prices[each.model]) for each in priced)) if priced else None,
    )


def _recost(row: CostSum, price: Price) -> int:
    return price.cost(
        input_tokens=row.input_tokens,
        cached_tokens=row.cached_tokens,
        cache_write_tokens=row.cache_write_tokens,
        output_tokens=row.output_tokens,
        reasoning_tokens=row.reasoning_tokens,
    )
