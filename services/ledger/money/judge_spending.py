"""Spending of models that judge, on an account of their own: held before each question, settled by the report."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.attempts import AttemptJudged
from assay.contracts.ids import run_of
from assay.contracts.models import Call
from assay.contracts.rpc import Grant, TopUpGrant
from assay.contracts.spending import AccountKind
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns
from services.ledger.money.account import Account, AccountRow
from services.ledger.money.budget_warnings import spending_warnings
from services.ledger.money.call_booking import Receipt, store_receipts
from services.ledger.money.settlement import post_receipts, transfer_locked
from services.ledger.money.transfers import Transfer, lock_accounts, open_accounts, transfer
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.run_counters import RunFact

_ADD = """
INSERT INTO judge_holds (attempt_id, token, account, amount_nanousd) VALUES ($1, $2, $3, $4)
ON CONFLICT (attempt_id, token) DO UPDATE SET amount_nanousd = judge_holds.amount_nanousd + $4, held_at = now()
"""


class JudgeHoldRow(Row):
    """``lost``: no report came, and all of it was posted."""

    attempt_id: str
    token: int
    account: Account
    amount_nanousd: int
    posted_nanousd: int
    state: str
    lost: bool

    @property
    def is_open(self) -> bool:
        return self.state == "held"

    def closing_transfer(self, posted_nanousd: int) -> Transfer:
        return Transfer(
            key=f"{self.attempt_id}:{self.token}:judge_settled",
            kind="judge_post" if posted_nanousd else "judge_void",
            attempt_id=self.attempt_id,
            token=self.token,
            accounts=(self.account,),
            held_nanousd=-self.amount_nanousd,
            posted_nanousd=posted_nanousd,
        )


_HOLDS = f"""
SELECT {columns(JudgeHoldRow, "h")} FROM judge_holds h
JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token) USING (attempt_id, token)
ORDER BY h.attempt_id, h.token FOR UPDATE OF h
"""

_CLOSE = """
UPDATE judge_holds h SET posted_nanousd = u.posted, lost = $4,
  state = CASE WHEN u.posted > 0 THEN 'posted' ELSE 'voided' END
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS u(attempt_id, token, posted)
WHERE h.attempt_id = u.attempt_id AND h.token = u.token
"""

_ORPHANS = f"""
SELECT {columns(JudgeHoldRow, "h")} FROM judge_holds h JOIN attempts a USING (attempt_id)
WHERE h.state = 'held' AND (a.token <> h.token OR a.state <> 'grading')
  AND a.changed_at < clock_timestamp() - make_interval(secs => $1)
ORDER BY h.attempt_id LIMIT 500 FOR UPDATE OF a, h SKIP LOCKED
"""


async def hold_for_judging(connection: Connection, request: TopUpGrant, project: str) -> Grant:
    """Hold more for a grading under way, whose attempt is locked. Refused if the judges' limit has no room."""
    account = Account(AccountKind.JUDGE, project)
    await open_accounts(connection, {account: None})
    balance = (await lock_accounts(connection, [account]))[account]
    amount = request.amount_nanousd
    if balance.lacks(amount):
        run_ids = {project: run_of(request.attempt_id)}
        warnings = await spending_warnings(connection, [balance], run_ids, at_limit=True)
        await record(connection, [], run_facts=warnings)
        return Grant(reason=balance.refusal(amount))
    identity = (request.request_id, "judge_hold", request.attempt_id, request.token)
    await transfer(connection, [Transfer(*identity, (account,), held_nanousd=amount)])
    await connection.execute(_ADD, request.attempt_id, request.token, str(account), amount)
    return Grant(granted_nanousd=amount)


async def book_judging(connection: Connection, plans: Plans, reports: Sequence[AttemptJudged]) -> list[RunFact]:
    """Store the new calls, and settle the holds of the gradings that made them. What goes beyond a hold is posted too.
    Returns warnings."""
    ids, tokens = [report.attempt_id for report in reports], [report.token for report in reports]
    rows = await connection.rows(JudgeHoldRow, _HOLDS, ids, tokens)
    if not rows and not any(report.calls for report in reports):
        return []
    holds = {(row.attempt_id, row.token): row for row in rows}
    receipts = [Receipt(r.attempt_id, r.token, "judge", call) for r in reports for call in r.calls]
    fresh = await store_receipts(connection, receipts)
    transfers: list[Transfer] = []
    posted: list[tuple[str, int, int]] = []
    closed: list[tuple[str, int, int]] = []
    for report in reports:
        calls = [call for call in report.calls if call.call_id in fresh]
        hold = holds.get((report.attempt_id, report.token))
        total, covered = sum(call.cost_nanousd for call in calls), 0
        if hold is not None and hold.is_open:
            covered = min(total, hold.amount_nanousd)
            transfers.append(hold.closing_transfer(covered))
            closed.append((report.attempt_id, report.token, covered))
            posted += _posted(calls, total)
        elif hold is not None and hold.lost:
            covered = min(total, hold.posted_nanousd)
            posted += _posted(calls, total - covered)
        else:
            posted += _posted(calls, total)
        if total > covered:
            account = Account(AccountKind.JUDGE, (await plans.get(connection, run_of(report.attempt_id))).project)
            identity = (f"{calls[0].call_id}:judge", "judge", report.attempt_id, report.token)
            transfers.append(Transfer(*identity, (account,), posted_nanousd=total - covered))
    accounts = await transfer_locked(connection, transfers)
    await connection.execute_columns(_CLOSE, closed, False)
    await post_receipts(connection, posted)
    return await _warnings(connection, plans, accounts, ids)


async def settle_orphaned_judging(connection: Connection, plans: Plans, patience_seconds: float) -> None:
    """Post all of the holds of gradings that ended without a report, as an estimate."""
    holds = await connection.rows(JudgeHoldRow, _ORPHANS, patience_seconds)
    if not holds:
        return
    receipts: list[Receipt] = []
    for hold in holds:
        judges = (await plans.get(connection, run_of(hold.attempt_id))).judges
        call = Call(
            call_id=f"{hold.attempt_id}:{hold.token}:judge_lost",
            model=", ".join(judge.model.name for judge in judges),
            cost_nanousd=hold.amount_nanousd,
            estimated=True,
        )
        receipts.append(Receipt(hold.attempt_id, hold.token, "judge", call, hold.amount_nanousd))
    await store_receipts(connection, receipts)
    accounts = await transfer_locked(connection, [hold.closing_transfer(hold.amount_nanousd) for hold in holds])
    await connection.execute_columns(_CLOSE, [(h.attempt_id, h.token, h.amount_nanousd) for h in holds], True)
    warnings = await _warnings(connection, plans, accounts, [hold.attempt_id for hold in holds])
    await record(connection, [], run_facts=warnings)


def _posted(calls: Sequence[Call], amount: int) -> list[tuple[str, int, int]]:
    """How much of the amount each call added to the account, in order."""
    rows: list[tuple[str, int, int]] = []
    for call in calls:
        part = min(call.cost_nanousd, amount)
        amount -= part
        if part:
            rows.append((call.call_id, part, 0))
    return rows


async def _warnings(
    connection: Connection, plans: Plans, accounts: Sequence[AccountRow], attempt_ids: Sequence[str]
) -> list[RunFact]:
    run_ids = {
        (await plans.get(connection, run_id)).project: run_id for run_id in dict.fromkeys(map(run_of, attempt_ids))
    }
    return await spending_warnings(connection, accounts, run_ids)
