"""What calls cost, summed by what is asked for. Receipts are read as they are; another price list is only a report."""

from __future__ import annotations

from assay.contracts.rpc import CostBy, GetCosts
from assay.contracts.spending import Costs
from services.ledger.database.database import Connection
from services.ledger.memory.rules.costs import told_costs
from services.ledger.memory.rules.rows import TOKENS

_ZONE = "coalesce((SELECT time_zone FROM projects WHERE project = $1), 'UTC')"
_LABELS = {
    CostBy.CALL: "c.call_id",
    CostBy.TASK: "a.task_id",
    CostBy.MODEL: "a.model",
    CostBy.DAY: f"(c.booked_at AT TIME ZONE {_ZONE})::date::text",
    CostBy.RUN: "a.run_id",
}
_SUMS = ", ".join(f"coalesce(sum((c.body->'usage'->>'{name}')::bigint), 0)::bigint AS {name}" for name in TOKENS)

# One row per label and model, for prices are per model; or per call, where each is priced anew. A lost hold's receipt
# has no usage of its own.
_ROWS = """
SELECT {label} AS label, a.model, count(*)::int AS calls, {sums},
  sum(c.posted_nanousd + c.excess_nanousd)::bigint AS cost,
  coalesce(sum(c.posted_nanousd + c.excess_nanousd) FILTER (WHERE (c.body->>'estimated')::bool), 0)::bigint
    AS estimated,
  coalesce(sum(c.posted_nanousd + c.excess_nanousd) FILTER (WHERE t.ended <> 'executed'), 0)::bigint AS superseded
FROM calls c JOIN attempts a USING (attempt_id) JOIN runs r USING (run_id)
LEFT JOIN tries t ON t.attempt_id = c.attempt_id AND t.token = c.token
WHERE r.project = $1 AND c.purpose = 'model' AND ($2 = '' OR a.run_id = $2)
  AND ($3::date IS NULL OR (c.booked_at AT TIME ZONE {zone})::date >= $3)
  AND ($4::date IS NULL OR (c.booked_at AT TIME ZONE {zone})::date <= $4)
GROUP BY 1, 2{grain} ORDER BY 1, 2
"""

_APART = """
SELECT coalesce(sum(c.posted_nanousd) FILTER (WHERE c.purpose = 'judge'), 0)::bigint AS judge,
  coalesce(sum(c.excess_nanousd), 0)::bigint AS excess
FROM calls c JOIN attempts a USING (attempt_id) JOIN runs r USING (run_id)
WHERE r.project = $1 AND ($2 = '' OR a.run_id = $2)
  AND ($3::date IS NULL OR (c.booked_at AT TIME ZONE {zone})::date >= $3)
  AND ($4::date IS NULL OR (c.booked_at AT TIME ZONE {zone})::date <= $4)
"""


async def costs(connection: Connection, query: GetCosts) -> Costs:
    grain = ", c.call_id" if query.prices else ""
    select = _ROWS.format(label=_LABELS[query.by], sums=_SUMS, zone=_ZONE, grain=grain)
    asked = (query.project, query.run_id, query.since, query.until)
    rows = await connection.fetch(select, *asked)
    apart = await connection.fetchrow(_APART.format(zone=_ZONE), *asked)
    assert apart is not None
    return told_costs(query, rows, apart["judge"], apart["excess"])
