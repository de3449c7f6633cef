"""Money over rpc: topping up grants, limits, and what was spent."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import UNSET

from assay.contracts.attempts import State
from assay.contracts.ids import run_of
from assay.contracts.money import nanousd
from assay.contracts.rpc import GetCosts, GetMoney, Grant, Money, SetMoneyLimits, TopUpGrant
from assay.contracts.spending import AccountKind, Costs
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, columns
from services.ledger.errors import unknown_time_zone
from services.ledger.money.account import Account, AccountRow
from services.ledger.money.budget_warnings import spending_warnings
from services.ledger.money.cost_report import cost_report
from services.ledger.money.holds import HoldRow, add_to_hold
from services.ledger.money.judge_spending import hold_for_judging
from services.ledger.money.project_limits import project_accounts
from services.ledger.money.time_zone import SET_LIMITS, zone
from services.ledger.money.transfers import lock_accounts, open_accounts, set_limit
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.settings import LedgerSettings

_HOLD = f"""
SELECT {columns(HoldRow)} FROM holds WHERE attempt_id = $1 AND token = $2 AND state = 'held' FOR UPDATE
"""
_ALREADY_GRANTED = "SELECT held_nanousd FROM transfers WHERE key = $1"

_ZONES = f"""
SELECT {zone()}, CASE WHEN next_zone_at > now() THEN next_time_zone ELSE '' END,
  CASE WHEN next_zone_at > now() THEN next_zone_at END
FROM projects WHERE project = $1
"""

_APART = f"""
SELECT {columns(AccountRow)} FROM accounts WHERE account IN ('judge:' || $1, 'excess:' || $1) ORDER BY account DESC
"""


class _Zones(Row):
    """Of a project, with the zone that applies from ``following_at`` on."""

    present: str
    following: str
    following_at: datetime | None


class _LeasedAttempt(Row):
    state: State
    token: int


_ATTEMPT = f"SELECT {columns(_LeasedAttempt)} FROM attempts WHERE attempt_id = $1 FOR UPDATE"


class MoneyStore:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._settings = settings

    async def top_up(self, request: TopUpGrant) -> Grant:
        """Hold more for a try or a grading under way: all of it or nothing, and once per request."""

        async def work(connection: Connection) -> Grant:
            attempt = await connection.row(_LeasedAttempt, _ATTEMPT, request.attempt_id)
            granted = await connection.value(int, _ALREADY_GRANTED, request.request_id)
            if granted is not None:
                return Grant(granted_nanousd=granted)
            if attempt is not None and attempt.state is State.GRADING and attempt.token == request.token:
                project = (await self._plans.get(connection, run_of(request.attempt_id))).project
                return await hold_for_judging(connection, request, project)
            hold = await connection.row(HoldRow, _HOLD, request.attempt_id, request.token)
            running = attempt is not None and attempt.state is State.RUNNING and attempt.token == request.token
            if not running or hold is None:
                return Grant(lost=True, reason="the lease of this try has ended")
            accounts = await lock_accounts(connection, hold.accounts)
            for account in accounts.values():
                if account.lacks(request.amount_nanousd):
                    return await self._refuse(connection, account, request)
            spend = await add_to_hold(connection, hold, request.request_id, request.amount_nanousd)
            await record(connection, [], [spend])
            return Grant(granted_nanousd=request.amount_nanousd)

        return await self._database.transact(work)

    async def get(self, query: GetMoney) -> Money:
        async with self._database.snapshot() as connection:
            return await self._money(connection, query.project)

    async def set_limits(self, request: SetMoneyLimits) -> Money:
        """From now on, except for a time zone (``time_zone.py``). A limit below what is spent stops new attempts and
        takes nothing back."""
        try:
            ZoneInfo(request.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise unknown_time_zone(request.time_zone) from error
        day = None if request.day_usd is None else nanousd(request.day_usd)
        lifetime = None if request.project_usd is None else nanousd(request.project_usd)

        async def work(connection: Connection) -> Money:
            await connection.execute(SET_LIMITS, request.project, request.time_zone, day, lifetime)
            views = await project_accounts(connection, request.project, self._settings)
            accounts = [Account.from_column(view.account) for view in views]
            await lock_accounts(connection, accounts)
            for account, limit in zip(accounts, (day, lifetime), strict=True):
                await set_limit(connection, account, limit)
            if request.judge_usd is not UNSET:
                await self._limit_judges(connection, request.project, request.judge_usd)
            return await self._money(connection, request.project)

        return await self._database.transact(work)

    async def _limit_judges(self, connection: Connection, project: str, limit_usd: str | None) -> None:
        account = Account(AccountKind.JUDGE, project)
        await open_accounts(connection, {account: None})
        await lock_accounts(connection, [account])
        await set_limit(connection, account, None if limit_usd is None else nanousd(limit_usd))

    async def costs(self, query: GetCosts) -> Costs:
        async with self._database.snapshot() as connection:
            return await cost_report(connection, query)

    async def _money(self, connection: Connection, project: str) -> Money:
        zones = await connection.row(_Zones, _ZONES, project) or _Zones("UTC", "", None)
        accounts = await project_accounts(connection, project, self._settings)
        apart = [row.view() for row in await connection.rows(AccountRow, _APART, project)]
        return Money(
            project=project,
            time_zone=zones.present,
            accounts=(*accounts, *apart),
            next_time_zone=zones.following,
            next_time_zone_at=zones.following_at,
        )

    async def _refuse(self, connection: Connection, account: AccountRow, request: TopUpGrant) -> Grant:
        """The limit counts as reached, which its run reports once."""
        run_id = run_of(request.attempt_id)
        project = (await self._plans.get(connection, run_id)).project
        warnings = await spending_warnings(connection, [account], {project: run_id}, at_limit=True)
        await record(connection, [], run_facts=warnings)
        return Grant(reason=account.refusal(request.amount_nanousd))
