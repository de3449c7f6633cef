"""Accounts: moving money between what is free, held and posted there, and the journal of every movement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.ledger.database.database import Connection
from services.ledger.memory.rules.accounts import NoRoom, Transfer, summed
from services.ledger.memory.rules.rows import Row

_LOCK = """
SELECT account, limit_nanousd, held_nanousd, posted_nanousd FROM accounts
WHERE account = ANY($1::text[]) ORDER BY account FOR UPDATE
"""

_OPEN = """
INSERT INTO accounts (account, limit_nanousd, bound_nanousd)
SELECT account, amount, amount FROM unnest($1::text[], $2::bigint[]) AS a(account, amount) ORDER BY account
ON CONFLICT (account) DO NOTHING
"""

# The bound of a limit that was lowered below what was spent follows the sum down, and never up.
_MOVE = """
UPDATE accounts a SET held_nanousd = a.held_nanousd + u.held, posted_nanousd = a.posted_nanousd + u.posted,
  bound_nanousd = CASE WHEN a.limit_nanousd IS NOT NULL THEN greatest(a.limit_nanousd,
    least(a.bound_nanousd, a.held_nanousd + u.held + a.posted_nanousd + u.posted)) END
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS u(account, held, posted) WHERE a.account = u.account
  AND (a.limit_nanousd IS NULL OR u.held <= 0
       OR a.held_nanousd + u.held + a.posted_nanousd + u.posted <= a.limit_nanousd)
RETURNING a.account, a.limit_nanousd, a.held_nanousd, a.posted_nanousd, a.warned_percent
"""

_JOURNAL = """
INSERT INTO transfers (key, kind, attempt_id, token, accounts, free_nanousd, held_nanousd, posted_nanousd)
SELECT key, kind, attempt_id, token, string_to_array(accounts, ' '), -(held + posted), held, posted
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[])
  AS t(key, kind, attempt_id, token, accounts, held, posted)
"""

_PATHS = """
SELECT project, day_nanousd, project_nanousd, (now() AT TIME ZONE time_zone)::date::text AS today
FROM projects WHERE project = ANY($1::text[])
"""


async def lock(connection: Connection, accounts: Iterable[str]) -> dict[str, Row]:
    """The accounts there are, held fast in the order of their names, as every transaction takes them."""
    rows = await connection.fetch(_LOCK, sorted(set(accounts)))
    return {row["account"]: row for row in rows}


async def open_accounts(connection: Connection, limits: dict[str, int | None]) -> None:
    """Those that are not there yet, with their limits."""
    if limits:
        await connection.execute(_OPEN, list(limits), list(limits.values()))


async def transfer(connection: Connection, transfers: Sequence[Transfer]) -> Sequence[Row]:
    """Make the movements and write them down; returns the accounts as they are then. Their locks must be held."""
    if not transfers:
        return ()
    sums = summed(transfers)
    held, posted = ([amounts[place] for amounts in sums.values()] for place in (0, 1))
    rows = await connection.fetch(_MOVE, list(sums), held, posted)
    if len(rows) != len(sums):
        raise NoRoom(f"no room in {sorted(sums.keys() - {row['account'] for row in rows})}")
    columns = zip(
        *(
            (t.key, t.kind, t.attempt_id, t.token, " ".join(t.accounts), t.held_nanousd, t.posted_nanousd)
            for t in transfers
        ),
        strict=True,
    )
    await connection.execute(_JOURNAL, *(list(column) for column in columns))
    return rows


async def open_paths(connection: Connection, projects: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Each project's accounts of today and of all time, opened where they are not yet."""
    rows = await connection.fetch(_PATHS, sorted(set(projects)))
    limits: dict[str, int | None] = {}
    paths: dict[str, tuple[str, str]] = {}
    for row in rows:
        day, project = f"day:{row['project']}:{row['today']}", f"project:{row['project']}"
        limits |= {day: row["day_nanousd"], project: row["project_nanousd"]}
        paths[row["project"]] = (day, project)
    await open_accounts(connection, limits)
    return paths
