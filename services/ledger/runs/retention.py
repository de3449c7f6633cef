"""What is kept of what runs left: which content is still referred to, and which runs have had theirs given up."""

from __future__ import annotations

from assay.contracts.rpc import Expired, ExpireRuns, ListReferences, References
from services.ledger.database.database import Connection, Database

_OLD = "finished_at < $1 AND expired_at IS NULL"
_COUNT = f"SELECT count(*) FROM runs WHERE {_OLD}"
_EXPIRE = f"WITH gone AS (UPDATE runs SET expired_at = now() WHERE {_OLD} RETURNING 1) SELECT count(*) FROM gone"

# A result taken over is what the earlier attempt left: it is kept for as long as either run keeps it.
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


class PostgresRetention:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def expire(self, order: ExpireRuns) -> Expired:
        async def work(connection: Connection) -> Expired:
            count = await connection.fetchval(_COUNT if order.dry_run else _EXPIRE, order.ended_before)
            return Expired(runs=count)

        return await self._database.transact(work)

    async def references(self, query: ListReferences) -> References:
        async def work(connection: Connection) -> References:
            if query.area == "attempts":
                found = await connection.fetchrow(_ATTEMPTS, query.cursor, query.ended_before, query.limit)
            else:
                found = await connection.fetchrow(_PLANS, query.cursor, query.limit, _paths(query.area))
            assert found is not None
            more = found["last"] if found["seen"] == query.limit else ""
            return References(digests=tuple(found["digests"]), next_cursor=more)

        return await self._database.read(work)


def _paths(area: str) -> list[str]:
    """Where plans name content of the area; responses that a run brought along are public, too."""
    return [f"$.tasks[*].{area}.sha256", *(["$.models[*].replay.sha256"] if area == "public" else [])]
