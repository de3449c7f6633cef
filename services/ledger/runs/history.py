"""A run's history: its facts as they were published."""

from __future__ import annotations

from assay.contracts.rpc import FactPage, ListFacts
from services.ledger.database.database import Database

_FACTS = """
SELECT body FROM facts WHERE run_id = $1 AND sequence > $2 AND ($4 = '' OR split_part(subject, '.', 5) = $4)
ORDER BY sequence LIMIT $3
"""


class HistoryStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, query: ListFacts) -> FactPage:
        async with self._database.snapshot() as connection:
            last = await connection.value(int, "SELECT sequence FROM runs WHERE run_id = $1", query.run_id)
            filters = (query.run_id, query.after, query.limit, query.entity)
            return FactPage(events=tuple(await connection.values(str, _FACTS, *filters)), last_sequence=last or 0)
