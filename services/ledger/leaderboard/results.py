"""Results as people read them: the leaderboard, a run's history of facts, and who is at work."""

from __future__ import annotations

from functools import partial

from assay.contracts.rpc import FactPage, GetBoard, ListFacts
from assay.contracts.runs import Board
from services.ledger.database.database import Connection, Database
from services.ledger.leaderboard.leaderboard_read import Boards
from services.ledger.settings import LedgerSettings

_CAPACITY = """
SELECT stage, sum(slots) AS slots FROM workers
WHERE seen_at > clock_timestamp() - make_interval(secs => $1) GROUP BY stage
"""


class PostgresResults:
    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._boards = Boards(database)
        self._silence_seconds = settings.worker_silence_seconds

    async def board(self, query: GetBoard) -> Board:
        return await self._boards.read(query)

    async def history(self, query: ListFacts) -> FactPage:
        return await self._database.read(partial(_history, query))

    async def capacity(self) -> dict[str, int]:
        async def work(connection: Connection) -> dict[str, int]:
            rows = await connection.fetch(_CAPACITY, self._silence_seconds)
            return {row["stage"]: row["slots"] for row in rows}

        return await self._database.read(work)


async def _history(query: ListFacts, connection: Connection) -> FactPage:
    last = await connection.fetchval("SELECT sequence FROM runs WHERE run_id = $1", query.run_id)
    rows = await connection.fetch(
        "SELECT body FROM facts WHERE run_id = $1 AND sequence > $2 "
        "AND ($4 = '' OR split_part(subject, '.', 5) = $4) ORDER BY sequence LIMIT $3",
        query.run_id,
        query.after,
        query.limit,
        query.entity,
    )
    return FactPage(events=tuple(row["body"] for row in rows), last_sequence=last or 0)
