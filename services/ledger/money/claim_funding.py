"""Money for claims: tries that are begun have their worst case reserved, the others wait again."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.attempts import Denial, Denied
from services.ledger.database.database import Connection
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import recalled
from services.ledger.memory.rules.funding import Funding, funded, turn
from services.ledger.memory.rules.rows import Row
from services.ledger.money.holds import reserve
from services.ledger.attempts.columns import returning
from services.ledger.runs.plans import Plans

_RECALL = f"""
UPDATE attempts a SET state = 'waiting', token = a.token + 1, tries = a.tries - (a.state = 'running')::int,
  worker_id = '', lease_until = NULL, changed_at = now()
FROM (SELECT attempt_id FROM attempts WHERE attempt_id = ANY($1::text[]) ORDER BY attempt_id FOR UPDATE) r
WHERE a.attempt_id = r.attempt_id AND a.state IN ('queued', 'running') RETURNING {returning()}
"""


_GRANTS = """
SELECT h.attempt_id, h.amount_nanousd FROM holds h JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token)
USING (attempt_id, token) WHERE h.state = 'held'
"""


async def fund(connection: Connection, plans: Plans, rows: Sequence[Row]) -> tuple[list[Row], Funding]:
    """Of the attempts just claimed, those that can be paid for, with what is held for them; the rest is recalled."""
    funding = Funding()
    if not any(row["worst_nanousd"] for row in rows):
        return list(rows), funding
    priced = [row for row in rows if row["worst_nanousd"] and not row["again"]]
    grants = await _earlier(connection, [row for row in rows if row["again"]])
    projects = {row["run_id"]: (await plans.of(connection, row["run_id"])).project for row in priced}
    reserved = await reserve(connection, sorted(priced, key=turn), projects)
    funding.spends = reserved.spends()
    funding.denied = [Denied(attempt_id=attempt_id, reason=Denial.BUDGET) for attempt_id in reserved.refused]
    for row in await recall(connection, list(reserved.refused)):
        funding.changes.append(Change({**row, "was": "queued"}, recalled(reserved.refused[row["attempt_id"]])))
    return [funded(row, reserved, grants) for row in rows if row["attempt_id"] not in reserved.refused], funding


async def _earlier(connection: Connection, rows: Sequence[Row]) -> dict[str, int]:
    """What the same claim got when it was made before."""
    if not rows:
        return {}
    ids, tokens = [row["attempt_id"] for row in rows], [row["token"] for row in rows]
    return {row["attempt_id"]: row["amount_nanousd"] for row in await connection.fetch(_GRANTS, ids, tokens)}


async def recall(connection: Connection, attempt_ids: Sequence[str]) -> Sequence[Row]:
    """These wait again, under new tokens, so that orders already out are worth nothing."""
    if not attempt_ids:
        return ()
    await connection.execute("DELETE FROM pending_orders WHERE attempt_id = ANY($1::text[])", attempt_ids)
    return await connection.fetch(_RECALL, attempt_ids)
