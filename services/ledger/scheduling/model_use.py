"""How many attempts need a model now."""

from __future__ import annotations

from assay.contracts.rpc import GetModelUse, ModelUse
from services.ledger.database.database import Database
from services.ledger.database.rows import Row

# The conditions are those of the indexes: few attempts are under way, whatever their number.
_UNDER_WAY = """
SELECT count(*)::int FROM (
  SELECT attempt_id FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'
  UNION SELECT attempt_id FROM pending_orders WHERE stage = 'run'
) o JOIN attempts a USING (attempt_id) WHERE a.model = $1
"""


class _Count(Row):
    attempts: int


class ModelUseStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, query: GetModelUse) -> ModelUse:
        async with self._database.session() as connection:
            (found,) = await connection.rows(_Count, _UNDER_WAY, query.model)
        return ModelUse(attempts=found.attempts)
