"""Money over rpc: more of it for a try, some of it back, the limits, and what was spent on what."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assay.contracts.ids import run_of
from assay.contracts.money import nanousd
from assay.contracts.rpc import GetCosts, GetMoney, Grant, Money, ReleaseGrant, SetMoneyLimits, TopUpGrant
from assay.contracts.spending import Costs
from services.ledger.errors import unknown_time_zone
from services.ledger.memory.accounts import limit_account, transfer
from services.ledger.memory.changes import record
from services.ledger.memory.costs import costs
from services.ledger.memory.quoting import project_accounts, set_limits
from services.ledger.memory.reserving import full
from services.ledger.memory.rules.accounts import Transfer
from services.ledger.memory.rules.changes import Spend
from services.ledger.memory.rules.claiming import is_under_way
from services.ledger.memory.rules.views import account_view
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.memory.warnings import warnings
from services.ledger.settings import LedgerSettings


class MemoryMoney:
    def __init__(self, store: MemoryStore, settings: LedgerSettings) -> None:
        self._store = store
        self._settings = settings

    async def top_up(self, request: TopUpGrant) -> Grant:
        """Hold more for a try under way: all of it or nothing, and once per request."""
        return self._store.transact(lambda: self._top_up(request))

    async def release(self, request: ReleaseGrant) -> Grant:
        """Give back what a try will not use; never more than is held for it."""
        return self._store.transact(lambda: self._release(request))

    async def get(self, query: GetMoney) -> Money:
        return self._money(query.project)

    async def set_limits(self, order: SetMoneyLimits) -> Money:
        """From now on. A limit below what is spent lets nothing new begin, and takes nothing back."""
        try:
            ZoneInfo(order.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise unknown_time_zone(order.time_zone) from error
        day = None if order.day_usd is None else nanousd(order.day_usd)
        whole = None if order.project_usd is None else nanousd(order.project_usd)

        def work() -> Money:
            set_limits(self._store, order.project, order.time_zone, day, whole)
            accounts = project_accounts(self._store, order.project, self._settings)
            for account, limit in zip(accounts, (day, whole), strict=True):
                limit_account(self._store, account.account, limit)
            return self._money(order.project)

        return self._store.transact(work)

    async def costs(self, query: GetCosts) -> Costs:
        return costs(self._store, query)

    def _top_up(self, request: TopUpGrant) -> Grant:
        store = self._store
        made = store.transfers.get(request.request_id)
        if made is not None:
            return Grant(granted_nanousd=abs(made["held_nanousd"]))
        hold = self._hold(request)
        if hold is None or not is_under_way(store.attempts.get(request.attempt_id), request.token):
            return Grant(lost=True, reason="the lease of this try is over")
        refusal = full(store, hold["accounts"], request.amount_nanousd)
        if refusal is not None:
            run_id = run_of(request.attempt_id)
            run_ids = {store.runs[run_id]["project"]: run_id}
            record(store, [], notes=warnings(store, [refusal[0]], run_ids, at_limit=True))
            return Grant(reason=refusal[1])
        self._move(hold, request.request_id, "top_up", request.amount_nanousd)
        return Grant(granted_nanousd=request.amount_nanousd)

    def _release(self, request: ReleaseGrant) -> Grant:
        made = self._store.transfers.get(request.request_id)
        if made is not None:
            return Grant(granted_nanousd=abs(made["held_nanousd"]))
        hold = self._hold(request)
        if hold is None:
            return Grant(lost=True, reason="nothing is held for this try any more")
        amount = min(request.amount_nanousd, hold["amount_nanousd"])
        self._move(hold, request.request_id, "release", -amount)
        return Grant(granted_nanousd=amount)

    def _hold(self, request: TopUpGrant | ReleaseGrant) -> Row | None:
        hold = self._store.holds.get((request.attempt_id, request.token))
        return hold if hold is not None and hold["state"] == "held" else None

    def _move(self, hold: Row, key: str, kind: str, amount: int) -> None:
        store, attempt_id, token = self._store, hold["attempt_id"], hold["token"]
        transfer(store, [Transfer(key, kind, attempt_id, token, tuple(hold["accounts"]), held_nanousd=amount)])
        store.holds.change((attempt_id, token), amount_nanousd=hold["amount_nanousd"] + amount)
        held = store.attempts[attempt_id]["held_nanousd"]
        store.attempts.change(attempt_id, held_nanousd=held + amount)
        record(store, [], [Spend(attempt_id, held_nanousd=amount)])

    def _money(self, project: str) -> Money:
        store = self._store
        row = store.projects.get(project)
        accounts = project_accounts(store, project, self._settings)
        apart = [store.accounts.get(f"{kind}:{project}") for kind in ("judge", "excess")]
        views = [account_view(account) for account in apart if account is not None]
        return Money(project=project, time_zone=row["time_zone"] if row else "UTC", accounts=(*accounts, *views))
