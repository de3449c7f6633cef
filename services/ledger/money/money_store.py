"""Money over rpc: more of it for a try, some of it back, the limits, and what was spent on what."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assay.contracts.ids import run_of
from assay.contracts.money import nanousd
from assay.contracts.rpc import GetCosts, GetMoney, Grant, Money, ReleaseGrant, SetMoneyLimits, TopUpGrant
from assay.contracts.spending import Costs
from services.ledger.database.database import Connection, Database
from services.ledger.errors import unknown_time_zone
from services.ledger.memory.rules.accounts import Transfer, left, no_room
from services.ledger.memory.rules.changes import Spend
from services.ledger.memory.rules.claiming import is_under_way
from services.ledger.memory.rules.rows import Row
from services.ledger.memory.rules.views import account_view
from services.ledger.money.budget_warnings import warnings
from services.ledger.money.cost_report import costs
from services.ledger.money.transfers import lock, transfer
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.quote import project_accounts
from services.ledger.settings import LedgerSettings

_ATTEMPT = "SELECT run_id, state, token FROM attempts WHERE attempt_id = $1 FOR UPDATE"
_HOLD = "SELECT * FROM holds WHERE attempt_id = $1 AND token = $2 AND state = 'held' FOR UPDATE"
_MADE = "SELECT abs(held_nanousd) FROM transfers WHERE key = $1"
_CHANGE_HOLD = "UPDATE holds SET amount_nanousd = amount_nanousd + $3 WHERE attempt_id = $1 AND token = $2"
_CHANGE_ATTEMPT = "UPDATE attempts SET held_nanousd = held_nanousd + $2 WHERE attempt_id = $1"

_SET = """
INSERT INTO projects (project, time_zone, day_nanousd, project_nanousd) VALUES ($1, $2, $3, $4)
ON CONFLICT (project) DO UPDATE SET time_zone = excluded.time_zone, day_nanousd = excluded.day_nanousd,
  project_nanousd = excluded.project_nanousd
"""

_APPLY = """
UPDATE accounts SET limit_nanousd = $2, warned_percent = 0,
  bound_nanousd = CASE WHEN $2::bigint IS NULL THEN NULL ELSE greatest($2, posted_nanousd + held_nanousd) END
WHERE account = $1
"""

_APART = """
SELECT account, limit_nanousd, held_nanousd, posted_nanousd FROM accounts
WHERE account IN ('judge:' || $1, 'excess:' || $1) ORDER BY account DESC
"""


class PostgresMoney:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._settings = settings

    async def top_up(self, request: TopUpGrant) -> Grant:
        """Hold more for a try under way: all of it or nothing, and once per request."""

        async def work(connection: Connection) -> Grant:
            attempt = await connection.fetchrow(_ATTEMPT, request.attempt_id)
            made = await connection.fetchval(_MADE, request.request_id)
            if made is not None:
                return Grant(granted_nanousd=made)
            hold = await connection.fetchrow(_HOLD, request.attempt_id, request.token)
            if not is_under_way(attempt, request.token) or hold is None:
                return Grant(lost=True, reason="the lease of this try is over")
            accounts = await lock(connection, hold["accounts"])
            for account in accounts.values():
                free = left(account)
                if free is not None and free < request.amount_nanousd:
                    return await self._refuse(connection, account, free, request)
            await _move(connection, hold, request.request_id, "top_up", request.amount_nanousd)
            return Grant(granted_nanousd=request.amount_nanousd)

        return await self._database.transact(work)

    async def release(self, request: ReleaseGrant) -> Grant:
        """Give back what a try will not use; never more than is held for it."""

        async def work(connection: Connection) -> Grant:
            await connection.fetchrow(_ATTEMPT, request.attempt_id)
            made = await connection.fetchval(_MADE, request.request_id)
            if made is not None:
                return Grant(granted_nanousd=made)
            hold = await connection.fetchrow(_HOLD, request.attempt_id, request.token)
            if hold is None:
                return Grant(lost=True, reason="nothing is held for this try any more")
            amount = min(request.amount_nanousd, hold["amount_nanousd"])
            await lock(connection, hold["accounts"])
            await _move(connection, hold, request.request_id, "release", -amount)
            return Grant(granted_nanousd=amount)

        return await self._database.transact(work)

    async def get(self, query: GetMoney) -> Money:
        async def work(connection: Connection) -> Money:
            return await self._money(connection, query.project)

        return await self._database.read(work)

    async def set_limits(self, order: SetMoneyLimits) -> Money:
        """From now on. A limit below what is spent lets nothing new begin, and takes nothing back."""
        try:
            ZoneInfo(order.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise unknown_time_zone(order.time_zone) from error
        day = None if order.day_usd is None else nanousd(order.day_usd)
        whole = None if order.project_usd is None else nanousd(order.project_usd)

        async def work(connection: Connection) -> Money:
            await connection.execute(_SET, order.project, order.time_zone, day, whole)
            accounts = await project_accounts(connection, order.project, self._settings)
            await lock(connection, [account.account for account in accounts])
            for account, limit in zip(accounts, (day, whole), strict=True):
                await connection.execute(_APPLY, account.account, limit)
            return await self._money(connection, order.project)

        return await self._database.transact(work)

    async def costs(self, query: GetCosts) -> Costs:
        async def work(connection: Connection) -> Costs:
            return await costs(connection, query)

        return await self._database.read(work)

    async def _money(self, connection: Connection, project: str) -> Money:
        zone = await connection.fetchval("SELECT time_zone FROM projects WHERE project = $1", project)
        accounts = await project_accounts(connection, project, self._settings)
        apart = [account_view(row) for row in await connection.fetch(_APART, project)]
        return Money(project=project, time_zone=zone or "UTC", accounts=(*accounts, *apart))

    async def _refuse(self, connection: Connection, account: Row, free: int, request: TopUpGrant) -> Grant:
        """The limit is reached for all practical purposes, which its run says once."""
        run_id = run_of(request.attempt_id)
        project = (await self._plans.of(connection, run_id)).project
        notes = await warnings(connection, [account], {project: run_id}, at_limit=True)
        await record(connection, [], notes=notes)
        return Grant(reason=no_room(account, free, request.amount_nanousd))


async def _move(connection: Connection, hold: Row, key: str, kind: str, amount: int) -> None:
    attempt_id, token = hold["attempt_id"], hold["token"]
    moved = Transfer(key, kind, attempt_id, token, tuple(hold["accounts"]), held_nanousd=amount)
    await transfer(connection, [moved])
    await connection.execute(_CHANGE_HOLD, attempt_id, token, amount)
    await connection.execute(_CHANGE_ATTEMPT, attempt_id, amount)
    await record(connection, [], [Spend(attempt_id, held_nanousd=amount)])
