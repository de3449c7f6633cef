"""Saying in time that money runs out, once for each share of a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.ledger.database.database import Connection
from services.ledger.memory.rules.changes import Note
from services.ledger.memory.rules.rows import Row
from services.ledger.memory.rules.warnings import percent_reached, warning

_WARNED = """
UPDATE accounts a SET warned_percent = u.percent FROM unnest($1::text[], $2::int[]) AS u(account, percent)
WHERE a.account = u.account AND a.warned_percent < u.percent RETURNING a.account, u.percent
"""


async def warnings(
    connection: Connection, accounts: Sequence[Row], run_ids: Mapping[str, str], *, at_limit: bool = False
) -> list[Note]:
    """A note for each account that has just reached a share of its limit, told by a run of its project (``run_ids``).
    ``at_limit``: something did not fit any more."""
    reached = {row["account"]: percent for row in accounts if (percent := 100 if at_limit else percent_reached(row))}
    if not reached:
        return []
    rows = {row["account"]: row for row in accounts}
    told = await connection.fetch(_WARNED, list(reached), list(reached.values()))
    return [warning(rows[each["account"]], each["percent"], run_ids) for each in told]
