"""Settling holds: what was spent is posted and the rest released, once per hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.contracts.spending import AccountKind
from services.ledger.database.connection import Connection
from services.ledger.database.rows import columns
from services.ledger.money.account import Account, AccountRow
from services.ledger.money.holds import HoldRow
from services.ledger.money.transfers import Transfer, lock_accounts, open_accounts, transfer

_HOLDS = f"""
SELECT {columns(HoldRow, "h")} FROM holds h
JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token) USING (attempt_id, token)
ORDER BY h.attempt_id, h.token FOR UPDATE OF h
"""

_CLOSE = """
UPDATE holds h SET posted_nanousd = u.posted, lost = $4,
  state = CASE WHEN u.posted > 0 THEN 'posted' ELSE 'voided' END
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS u(attempt_id, token, posted)
WHERE h.attempt_id = u.attempt_id AND h.token = u.token
"""

_RECEIPTS = """
UPDATE calls c SET posted_nanousd = u.posted, excess_nanousd = u.excess
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS u(call_id, posted, excess) WHERE c.call_id = u.call_id
"""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a try's report charges: the cost of each call by id, nothing where it made none."""

    attempt_id: str
    token: int
    project: str
    costs: Sequence[tuple[str, int]]

    @property
    def total_nanousd(self) -> int:
        return sum(cost for _, cost in self.costs)


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a bill is paid: ``posted`` from its hold and ``excess`` beyond it; ``released`` is no longer held (all of the
    hold, the posted part included). ``receipts`` are what each call added to the accounts: its id, from the hold,
    beyond it."""

    attempt_id: str
    token: int
    posted_nanousd: int
    excess_nanousd: int
    released_nanousd: int
    closes_hold: bool
    transfers: Sequence[Transfer]
    receipts: Sequence[tuple[str, int, int]]


def settlement_of(bill: Bill, hold: HoldRow | None) -> Settlement:
    """Post the bill against the hold of its try. A hold that was posted as lost already covers a bill that comes late
    (a try has one bill); what goes beyond it is booked as excess."""
    transfers: list[Transfer] = []
    posted, released, cover, closes = 0, 0, 0, False
    if hold is not None and hold.is_open:
        closes = True
        posted, released = min(bill.total_nanousd, hold.amount_nanousd), hold.amount_nanousd
        cover = posted
        transfers.append(closing_transfer(hold, posted))
    elif hold is not None and hold.lost:
        cover = hold.posted_nanousd
    excess = max(0, bill.total_nanousd - cover)
    if excess:
        account = Account(AccountKind.EXCESS, bill.project)
        key = f"{bill.costs[0][0]}:excess"
        transfers.append(Transfer(key, "excess", bill.attempt_id, bill.token, (account,), posted_nanousd=excess))
    receipts = _receipts(bill.costs, posted, excess)
    return Settlement(bill.attempt_id, bill.token, posted, excess, released, closes, transfers, receipts)


def closing_transfer(hold: HoldRow, posted_nanousd: int) -> Transfer:
    """Nothing of the hold stays held; ``posted_nanousd`` of it is posted."""
    return Transfer(
        key=f"{hold.attempt_id}:{hold.token}:settled",
        kind="post" if posted_nanousd else "void",
        attempt_id=hold.attempt_id,
        token=hold.token,
        accounts=hold.accounts,
        held_nanousd=-hold.amount_nanousd,
        posted_nanousd=posted_nanousd,
    )


def _receipts(costs: Sequence[tuple[str, int]], posted: int, excess: int) -> list[tuple[str, int, int]]:
    """Holds are used up in the order of the calls."""
    receipts: list[tuple[str, int, int]] = []
    for call_id, cost in costs:
        from_hold = min(cost, posted)
        beyond = min(cost - from_hold, excess)
        posted, excess = posted - from_hold, excess - beyond
        if from_hold or beyond:
            receipts.append((call_id, from_hold, beyond))
    return receipts


async def settle(connection: Connection, bills: Sequence[Bill]) -> tuple[list[Settlement], list[AccountRow]]:
    """Settle each bill against the hold of its try; returns the settlements and the changed accounts."""
    ids, tokens = [bill.attempt_id for bill in bills], [bill.token for bill in bills]
    holds = {(hold.attempt_id, hold.token): hold for hold in await connection.rows(HoldRow, _HOLDS, ids, tokens)}
    settled = [settlement_of(bill, holds.get((bill.attempt_id, bill.token))) for bill in bills]
    accounts = await transfer_locked(connection, [transfer for each in settled for transfer in each.transfers])
    closed = [(each.attempt_id, each.token, each.posted_nanousd) for each in settled if each.closes_hold]
    await connection.execute_columns(_CLOSE, closed, False)
    await post_receipts(connection, [receipt for each in settled for receipt in each.receipts])
    return settled, accounts


async def post_receipts(connection: Connection, receipts: Sequence[tuple[str, int, int]]) -> None:
    """Note on each call, by its id, what it added to the accounts: from a hold, and beyond it."""
    await connection.execute_columns(_RECEIPTS, receipts)


async def settle_lost(connection: Connection, holds: Sequence[HoldRow]) -> list[AccountRow]:
    """Post all of each hold, because no report will say what was spent; returns the changed accounts."""
    accounts = await transfer_locked(connection, [closing_transfer(hold, hold.amount_nanousd) for hold in holds])
    closed = [(hold.attempt_id, hold.token, hold.amount_nanousd) for hold in holds]
    await connection.execute_columns(_CLOSE, closed, True)
    return accounts


async def transfer_locked(connection: Connection, transfers: Sequence[Transfer]) -> list[AccountRow]:
    """Lock the accounts and make the transfers, creating unlimited accounts (of judges, of excess) as needed."""
    accounts = {account for each in transfers for account in each.accounts}
    unlimited = sorted((a for a in accounts if a.kind in (AccountKind.EXCESS, AccountKind.JUDGE)), key=str)
    await open_accounts(connection, dict.fromkeys(unlimited))
    await lock_accounts(connection, accounts)
    return await transfer(connection, transfers)
