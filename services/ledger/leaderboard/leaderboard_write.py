"""The leaderboard's sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.ledger.database.database import Connection
from services.ledger.memory.rules.board import KEY, SUMS, Sums, cell_of, is_counted
from services.ledger.memory.rules.rows import Row
from services.ledger.runs.plans import Plans

_ADD_CELLS = f"""
INSERT INTO cells ({", ".join(KEY)}, category, weight, last_run_id, {", ".join(SUMS)})
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::text[],
  $9::int[], $10::int[], $11::int[], $12::float8[], $13::float8[], $14::bigint[],
  $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[])
ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET last_run_id = excluded.last_run_id, updated_at = now(),
  revision = cells.revision + 1, weight = excluded.weight,
  {", ".join(f"{name} = cells.{name} + excluded.{name}" for name in SUMS)}
"""

_ADD_METRICS = f"""
INSERT INTO cell_metrics ({", ".join(KEY)}, metric, n, total)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::float8[])
ON CONFLICT ({", ".join(KEY)}, metric) DO UPDATE
SET n = cell_metrics.n + excluded.n, total = cell_metrics.total + excluded.total
"""


async def count_in(connection: Connection, plans: Plans, done: Sequence[tuple[Row, Mapping[str, float]]]) -> None:
    """Add attempts that have just become done, with their metrics, to the leaderboard's sums."""
    cells: dict[tuple[str, ...], Sums] = {}
    metrics: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
    for row, measured in done:
        plan = await plans.of(connection, row["run_id"])
        if not is_counted(plan):
            continue
        key, nothing = cell_of(row, plan)
        cells.setdefault(key, nothing).add(row)
        for metric, value in measured.items():
            metrics[(*key, metric)].append(value)
    if cells:
        rows = [(*key, s.category, s.weight, s.run_id, *s.values) for key, s in sorted(cells.items())]
        await connection.execute(_ADD_CELLS, *(list(column) for column in zip(*rows, strict=True)))
    if metrics:
        rows = [(*key, len(values), sum(values)) for key, values in sorted(metrics.items())]
        await connection.execute(_ADD_METRICS, *(list(column) for column in zip(*rows, strict=True)))
