"""Transfers: moving money between free, held and posted, with a journal of every movement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assay.contracts.spending import AccountKind
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns
from services.ledger.metrics.counters import count_spend
from services.ledger.money.account import Account, AccountRow, day_account, project_account
from services.ledger.money.time_zone import zone

_LOCK = f"""
SELECT {columns(AccountRow)} FROM accounts WHERE account = ANY($1::text[]) ORDER BY account FOR UPDATE
"""

_OPEN = """
INSERT INTO accounts (account, limit_nanousd, bound_nanousd)
SELECT account, amount, amount FROM unnest($1::text[], $2::bigint[]) AS a(account, amount) ORDER BY account
ON CONFLICT (account) DO NOTHING
"""

_SET_LIMIT = """
UPDATE accounts SET limit_nanousd = $2, warned_percent = 0,
  bound_nanousd = CASE WHEN $2::bigint IS NULL THEN NULL ELSE greatest($2, posted_nanousd + held_nanousd) END
WHERE account = $1
"""

# The bound of a limit that was lowered below what was spent follows the sum down, and never up.
_MOVE = f"""
UPDATE accounts a SET held_nanousd = a.held_nanousd + u.held, posted_nanousd = a.posted_nanousd + u.posted,
  bound_nanousd = CASE WHEN a.limit_nanousd IS NOT NULL THEN greatest(a.limit_nanousd,
    least(a.bound_nanousd, a.held_nanousd + u.held + a.posted_nanousd + u.posted)) END
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS u(account, held, posted) WHERE a.account = u.account
  AND (a.limit_nanousd IS NULL OR u.held <= 0
       OR a.held_nanousd + u.held + a.posted_nanousd + u.posted <= a.limit_nanousd)
RETURNING {columns(AccountRow, "a")}
"""

_JOURNAL = """
INSERT INTO transfers (key, kind, attempt_id, token, accounts, free_nanousd, held_nanousd, posted_nanousd)
SELECT key, kind, attempt_id, token, string_to_array(accounts, ' '), -(held + posted), held, posted
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[])
  AS t(key, kind, attempt_id, token, accounts, held, posted)
"""


class _ProjectToday(Row):
    project: str
    day_nanousd: int | None
    project_nanousd: int | None
    today: date


_TODAY = f"""
SELECT project, day_nanousd, project_nanousd, (now() AT TIME ZONE {zone()})::date AS today
FROM projects WHERE project = ANY($1::text[])
"""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The same movement in each of ``accounts``: what is held and what is posted change by these amounts, what is free
    by the rest. A ``key`` is transferred once."""

    key: str
    kind: str
    attempt_id: str
    token: int
    accounts: tuple[Account, ...]
    held_nanousd: int = 0
    posted_nanousd: int = 0


class LimitExceeded(Exception):
    """A transfer would exceed a limit: its caller looked at the accounts without locking them."""


async def lock_accounts(connection: Connection, accounts: Iterable[Account]) -> dict[Account, AccountRow]:
    """The accounts that exist, locked in the order of their names, as every transaction locks them."""
    rows = await connection.rows(AccountRow, _LOCK, sorted(map(str, set(accounts))))
    return {row.account: row for row in rows}


async def open_accounts(connection: Connection, limits: Mapping[Account, int | None]) -> None:
    """Create those that do not exist yet, with their limits."""
    await connection.execute_columns(_OPEN, [(str(account), limit) for account, limit in limits.items()])


async def set_limit(connection: Connection, account: Account, limit_nanousd: int | None) -> None:
    await connection.execute(_SET_LIMIT, str(account), limit_nanousd)


async def transfer(connection: Connection, transfers: Sequence[Transfer]) -> list[AccountRow]:
    """Make the transfers and journal them; returns the changed accounts, whose locks must be held."""
    if not transfers:
        return []
    sums = _sums(transfers)
    rows = await connection.rows(AccountRow, _MOVE, *sums)
    if len(rows) != len(sums[0]):
        raise LimitExceeded(f"no room in {sorted(set(sums[0]) - {str(row.account) for row in rows})}")
    journal = [
        (t.key, t.kind, t.attempt_id, t.token, joined(t.accounts), t.held_nanousd, t.posted_nanousd) for t in transfers
    ]
    await connection.execute_columns(_JOURNAL, journal)
    connection.on_commit(lambda: _count_spend(transfers))
    return rows


def _count_spend(transfers: Iterable[Transfer]) -> None:
    for each in transfers:
        account = each.accounts[-1]  # the project's, of nested ones
        if each.posted_nanousd:
            count_spend(account.owner, "judge" if account.kind is AccountKind.JUDGE else "model", each.posted_nanousd)


async def open_project_accounts(connection: Connection, projects: Iterable[str]) -> dict[str, tuple[Account, Account]]:
    """By project: its account of today and its lifetime account, created where they do not exist yet."""
    limits: dict[Account, int | None] = {}
    accounts: dict[str, tuple[Account, Account]] = {}
    for row in await connection.rows(_ProjectToday, _TODAY, sorted(set(projects))):
        day, project = day_account(row.project, row.today), project_account(row.project)
        limits |= {day: row.day_nanousd, project: row.project_nanousd}
        accounts[row.project] = (day, project)
    await open_accounts(connection, limits)
    return accounts


def joined(accounts: Iterable[Account]) -> str:
    """As ``string_to_array`` takes them: an array parameter cannot hold arrays of different lengths."""
    return " ".join(map(str, accounts))


def _sums(transfers: Iterable[Transfer]) -> tuple[list[str], list[int], list[int]]:
    """Accounts in the order of their names, and how much more is held and posted in each."""
    held, posted = Counter[str](), Counter[str]()
    for each in transfers:
        for account in map(str, each.accounts):
            held[account] += each.held_nanousd
            posted[account] += each.posted_nanousd
    names = sorted(held)
    return names, [held[name] for name in names], [posted[name] for name in names]
