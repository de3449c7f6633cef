"""Missing orders: attempts that wait for a worker while no order for them exists, so that none would ever come."""

from __future__ import annotations

from assay.contracts.attempts import Stage
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row
from services.ledger.outbox.orders import add_orders

_MISSING = """
SELECT a.attempt_id, a.token, a.ordinal, CASE a.state WHEN 'queued' THEN 'run' ELSE 'judge' END
FROM runs r JOIN attempts a USING (run_id)
WHERE r.finished_at IS NULL AND r.n_queued + r.n_executed + r.n_grading > 0
  AND a.state IN ('queued', 'executed', 'grading') AND a.lease_until IS NULL
  AND a.changed_at < clock_timestamp() - make_interval(secs => $1)
  AND NOT EXISTS (SELECT 1 FROM pending_orders o WHERE o.attempt_id = a.attempt_id AND o.token = a.token)
ORDER BY a.attempt_id LIMIT 500 FOR UPDATE OF a SKIP LOCKED
"""


class _Unordered(Row):
    attempt_id: str
    token: int
    ordinal: int
    stage: Stage


class MissingOrders:
    """``patience_seconds`` is how long an attempt can be without an order before it counts as missing."""

    def __init__(self, database: Database, patience_seconds: float = 60.0) -> None:
        self._database = database
        self._patience_seconds = patience_seconds

    async def order_again(self) -> int:
        """Add the missing orders; returns how many."""
        return await self._database.transact(self._order_again, quiet=True)

    async def _order_again(self, connection: Connection) -> int:
        missing = await connection.rows(_Unordered, _MISSING, self._patience_seconds)
        for stage in Stage:
            await add_orders(connection, stage, [each for each in missing if each.stage is stage])
        return len(missing)
