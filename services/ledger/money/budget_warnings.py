"""Warnings about spending: at 80 % of a limit, at the limit, and when a cost exceeded its hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.contracts.facts import Fact, RunWarned
from assay.contracts.ids import run_of
from assay.contracts.money import usd
from assay.contracts.runs import RunView
from assay.contracts.spending import AccountKind
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.money.account import Account, AccountRow
from services.ledger.runs.run_counters import RunFact

EARLY_PERCENT = 80

_RAISE = """
UPDATE accounts a SET warned_percent = u.percent FROM unnest($1::text[], $2::int[]) AS u(account, percent)
WHERE a.account = u.account AND a.warned_percent < u.percent RETURNING a.account, u.percent
"""


_WARN_OF_EXCESS = """
WITH locked AS (SELECT run_id FROM runs WHERE run_id = ANY($1::text[]) ORDER BY run_id FOR UPDATE)
UPDATE runs r SET excess_warned = true FROM locked WHERE r.run_id = locked.run_id AND NOT r.excess_warned
RETURNING r.run_id
"""


class _Raised(Row):
    account: Account
    percent: int


async def spending_warnings(
    connection: Connection, accounts: Sequence[AccountRow], run_ids: Mapping[str, str], *, at_limit: bool = False
) -> list[RunFact]:
    """A fact for each account that has just reached a share of its limit, attached to a run of its project
    (``run_ids``). ``at_limit``: something no longer fitted, which counts as 100 %."""
    by_account = {row.account: row for row in accounts}
    reached = [
        (str(account), percent)
        for account, row in by_account.items()
        if (percent := 100 if at_limit else percent_reached(row))
    ]
    if not reached:
        return []
    raised = await connection.rows(_Raised, _RAISE, [name for name, _ in reached], [percent for _, percent in reached])
    return [spending_warning(by_account[each.account], each.percent, run_ids) for each in raised]


def percent_reached(account: AccountRow) -> int:
    """The share of its limit to warn about: 80, 100, or 0 below both."""
    limit, posted = account.limit_nanousd, account.posted_nanousd
    if limit is None:
        return 0
    return 100 if posted >= limit else EARLY_PERCENT if posted * 100 >= limit * EARLY_PERCENT else 0


def spending_warning(row: AccountRow, percent: int, run_ids: Mapping[str, str]) -> RunFact:
    account = row.account
    spent, limit, held = usd(row.posted_nanousd), usd(row.limit_nanousd or 0), usd(row.held_nanousd)

    def fact(run: RunView) -> Fact:
        return RunWarned(
            run=run,
            account=account.kind,
            percent=percent,
            spent_usd=spent,
            held_usd=held,
            limit_usd=limit,
            message=f"${spent} of the {account.kind.value}'s limit of ${limit} spent",
        )

    return RunFact(account.owner if account.kind is AccountKind.RUN else run_ids[account.owner], fact)


async def excess_warnings(connection: Connection, excesses: Mapping[str, int]) -> list[RunFact]:
    """A fact for each run whose provider charged more than a request could have cost for the first time. ``excesses``
    are nano-USD by attempt."""
    of_run = {run_of(attempt_id): (attempt_id, excess) for attempt_id, excess in excesses.items() if excess}
    if not of_run:
        return []
    first = await connection.values(str, _WARN_OF_EXCESS, sorted(of_run))
    return [excess_warning(*of_run[run_id]) for run_id in first]


def excess_warning(attempt_id: str, excess_nanousd: int) -> RunFact:
    """The provider charged more than the request could have cost."""

    def fact(run: RunView) -> Fact:
        return RunWarned(
            run=run,
            account=AccountKind.EXCESS,
            percent=100,
            spent_usd=usd(excess_nanousd),
            held_usd="0",
            message=f"attempt {attempt_id} cost ${usd(excess_nanousd)} more than was held for it: the provider counted "
            "more tokens than the request allowed; check its price and limits",
        )

    return RunFact(run_of(attempt_id), fact)
