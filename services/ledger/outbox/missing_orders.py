"""Attempts that wait for a worker while no order for them is kept, so that none would ever come."""

from __future__ import annotations

from services.ledger.database.database import Connection, Database
from services.ledger.outbox.orders import add_orders

_STRAYS = """
SELECT a.attempt_id, a.token, a.ordinal, CASE a.state WHEN 'queued' THEN 'run' ELSE 'judge' END AS stage
FROM runs r JOIN attempts a USING (run_id)
WHERE r.finished_at IS NULL AND r.n_queued + r.n_executed + r.n_grading > 0
  AND a.state IN ('queued', 'executed', 'grading') AND a.lease_until IS NULL
  AND a.changed_at < clock_timestamp() - make_interval(secs => $1)
  AND NOT EXISTS (SELECT 1 FROM pending_orders o WHERE o.attempt_id = a.attempt_id AND o.token = a.token)
ORDER BY a.attempt_id LIMIT 500 FOR UPDATE OF a SKIP LOCKED
"""


class PostgresStrays:
    """``patience_seconds`` is how long an attempt may have been without an order."""

    def __init__(self, database: Database, patience_seconds: float = 60.0) -> None:
        self._database = database
        self._patience_seconds = patience_seconds

    async def order_again(self) -> int:
        """Give orders for such attempts; returns how many."""

        async def work(connection: Connection) -> int:
            rows = await connection.fetch(_STRAYS, self._patience_seconds)
            for stage in ("run", "judge"):
                await add_orders(connection, stage, [row for row in rows if row["stage"] == stage])
            return len(rows)

        found = await self._database.transact(work, quiet=True)
        if found:
            self._database.changed.set()
        return found
