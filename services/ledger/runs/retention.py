"""Retention: which artifacts runs still refer to, and which runs have expired."""

from __future__ import annotations

from assay.contracts.rpc import Expired, ExpireRuns, ListReferences, References
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row

_OLD = "finished_at < $1 AND expired_at IS NULL"
_COUNT = f"SELECT count(*) FROM runs WHERE {_OLD}"
_EXPIRE = f"WITH gone AS (UPDATE runs SET expired_at = now() WHERE {_OLD} RETURNING 1) SELECT count(*) FROM gone"

# A reused result consists of the earlier attempt's artifacts: they are kept as long as either run keeps them.
_ATTEMPTS = """
WITH page AS MATERIALIZED (
  SELECT a.attempt_id, CASE WHEN a.reused_from = '' THEN a.attempt_id ELSE a.reused_from END AS source
  FROM attempts a JOIN runs r USING (run_id)
  WHERE a.attempt_id > $1 AND r.expired_at IS NULL AND (r.finished_at < $2) IS NOT TRUE
  ORDER BY a.attempt_id LIMIT $3
), left_by AS (
  SELECT jsonb_build_object('', t.output) || coalesce(t.artifacts, '{}') AS refs
  FROM tries t JOIN page ON t.attempt_id = page.source
  UNION ALL
  SELECT v.artifacts FROM verdicts v JOIN page ON v.attempt_id = page.source
)
SELECT ARRAY(SELECT DISTINCT ref.value ->> 'sha256' FROM left_by, jsonb_each(left_by.refs) AS ref
             WHERE ref.value ->> 'sha256' IS NOT NULL) AS digests,
  (SELECT count(*) FROM page) AS seen, (SELECT max(attempt_id) FROM page) AS last
"""

_PLANS = """
WITH page AS MATERIALIZED (SELECT run_id, body FROM plans WHERE run_id > $1 ORDER BY run_id LIMIT $2)
SELECT ARRAY(SELECT DISTINCT digest #>> '{}' FROM page, unnest($3::text[]) AS path,
               jsonb_path_query(page.body, path::jsonpath) AS digest) AS digests,
  (SELECT count(*) FROM page) AS seen, (SELECT max(run_id) FROM page) AS last
"""


class _Page(Row):
    """``seen`` counts the rows that were looked at, up to the key ``last``."""

    digests: tuple[str, ...]
    seen: int
    last: str | None


class RetentionStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def expire(self, request: ExpireRuns) -> Expired:
        async def work(connection: Connection) -> Expired:
            statement = _COUNT if request.dry_run else _EXPIRE
            return Expired(runs=await connection.value(int, statement, request.ended_before) or 0)

        return await self._database.transact(work)

    async def references(self, query: ListReferences) -> References:
        async with self._database.session() as connection:
            if query.area == "attempts":
                page = await connection.one(_Page, _ATTEMPTS, query.cursor, query.ended_before, query.limit)
            else:
                page = await connection.one(_Page, _PLANS, query.cursor, query.limit, _paths(query.area))
        more = page.last if page.seen == query.limit else None
        return References(digests=page.digests, next_cursor=more or "")


def _paths(area: str) -> list[str]:
    """Where plans refer to content of the area; stored responses that a run was submitted with are public too."""
    return [f"$.tasks[*].{area}.sha256", *(["$.models[*].replay.sha256"] if area == "public" else [])]
