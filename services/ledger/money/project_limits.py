"""A project's limits: of each day, and of its lifetime."""

from __future__ import annotations

from datetime import date

from assay.contracts.money import nanousd
from assay.contracts.spending import AccountKind, AccountView
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns
from services.ledger.money.account import Account, AccountRow, day_account, project_account
from services.ledger.money.time_zone import zone
from services.ledger.settings import LedgerSettings

_OPEN = "INSERT INTO projects (project, day_nanousd) VALUES ($1, $2) ON CONFLICT DO NOTHING"

_BALANCES = f"""
SELECT p.today, p.day_nanousd, d.held_nanousd, d.posted_nanousd, p.project_nanousd, l.held_nanousd, l.posted_nanousd
FROM (SELECT *, (now() AT TIME ZONE {zone()})::date AS today FROM projects WHERE project = $1) p
LEFT JOIN accounts d ON d.account = 'day:' || p.project || ':' || p.today
LEFT JOIN accounts l ON l.account = 'project:' || p.project
"""


_ACCOUNT = f"SELECT {columns(AccountRow)} FROM accounts WHERE account = $1"


class _Balances(Row):
    """Of the account of today, and of the lifetime account; null where an account does not exist yet."""

    today: date
    day_limit: int | None
    day_held: int | None
    day_posted: int | None
    limit: int | None
    held: int | None
    posted: int | None


async def open_project(connection: Connection, project: str, settings: LedgerSettings) -> None:
    """A new project gets the limits of the settings."""
    day = None if settings.day_limit_usd is None else nanousd(settings.day_limit_usd)
    await connection.execute(_OPEN, project, day)


async def project_accounts(connection: Connection, project: str, settings: LedgerSettings) -> list[AccountView]:
    """The account of today and the lifetime account, before anything was spent too."""
    row = await connection.row(_Balances, _BALANCES, project)
    if row is None:
        return default_accounts(project, settings.day_limit_usd)
    day = AccountRow(day_account(project, row.today), row.day_limit, row.day_held or 0, row.day_posted or 0)
    return [day.view(), AccountRow(project_account(project), row.limit, row.held or 0, row.posted or 0).view()]


async def judge_account(connection: Connection, project: str) -> AccountView:
    """Of models that judge, before they spent anything too."""
    account = Account(AccountKind.JUDGE, project)
    row = await connection.row(AccountRow, _ACCOUNT, str(account))
    return (row or AccountRow(account, None, 0, 0)).view()


def default_accounts(project: str, day_limit_usd: str | None) -> list[AccountView]:
    """Of a project that the ledger does not know yet."""
    limit = day_limit_usd
    return [
        AccountView(account=f"day:{project}", kind=AccountKind.DAY, limit_usd=limit, spent_usd="0", left_usd=limit),
        AccountView(account=f"project:{project}", kind=AccountKind.PROJECT, spent_usd="0"),
    ]
