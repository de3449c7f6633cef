"""Settling holds: what was spent is posted, the rest released; each hold once, whoever asks first."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.database.database import Connection
from services.ledger.memory.rules.accounts import Transfer
from services.ledger.memory.rules.rows import Row
from services.ledger.memory.rules.settling import Bill, Settled, closing, excess_accounts, settled
from services.ledger.money.transfers import lock, open_accounts, transfer

_FIND = """
SELECT h.* FROM holds h JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token) USING (attempt_id, token)
ORDER BY h.attempt_id, h.token FOR UPDATE OF h
"""

_SETTLE = """
UPDATE holds h SET posted_nanousd = u.posted, lost = u.lost,
  state = CASE WHEN u.posted > 0 THEN 'posted' ELSE 'voided' END
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bool[]) AS u(attempt_id, token, posted, lost)
WHERE h.attempt_id = u.attempt_id AND h.token = u.token
"""

_RECEIPTS = """
UPDATE calls c SET posted_nanousd = u.posted, excess_nanousd = u.excess
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS u(call_id, posted, excess) WHERE c.call_id = u.call_id
"""


async def settle(connection: Connection, bills: Sequence[Bill]) -> tuple[list[Settled], Sequence[Row]]:
    """Post each bill against the hold of its try; returns what it came to, and the accounts that changed."""
    ids, tokens = [bill.attempt_id for bill in bills], [bill.token for bill in bills]
    holds = {(row["attempt_id"], row["token"]): row for row in await connection.fetch(_FIND, ids, tokens)}
    done = [settled(bill, holds.get((bill.attempt_id, bill.token))) for bill in bills]
    accounts = await _move(connection, [transfer for each in done for transfer in each.transfers])
    await _close(
        connection, [(each.attempt_id, each.token, each.posted_nanousd, False) for each in done if each.closed]
    )
    receipts = [receipt for each in done for receipt in each.receipts]
    if receipts:
        await connection.execute(_RECEIPTS, *(list(column) for column in zip(*receipts, strict=True)))
    return done, accounts


async def settle_lost(connection: Connection, holds: Sequence[Row]) -> Sequence[Row]:
    """Post all of each hold, for nobody will tell what was spent of it; returns the accounts that changed."""
    transfers = [closing(hold, hold["amount_nanousd"]) for hold in holds]
    accounts = await _move(connection, transfers)
    await _close(connection, [(h["attempt_id"], h["token"], h["amount_nanousd"], True) for h in holds])
    return accounts


async def _move(connection: Connection, transfers: Sequence[Transfer]) -> Sequence[Row]:
    names = {name for each in transfers for name in each.accounts}
    await open_accounts(connection, excess_accounts(transfers))
    await lock(connection, names)
    return await transfer(connection, transfers)


async def _close(connection: Connection, closed: Sequence[tuple[str, int, int, bool]]) -> None:
    if closed:
        await connection.execute(_SETTLE, *(list(column) for column in zip(*closed, strict=True)))
