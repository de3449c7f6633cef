"""Settling holds: what was spent is posted, the rest released; each hold once, whoever asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.ledger.postgres.accounts import lock, open_accounts, transfer
from services.ledger.postgres.database import Connection
from services.ledger.rules.accounts import Transfer
from services.ledger.rules.rows import Row

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


@dataclass(frozen=True, slots=True)
class Bill:
    """What a try's report brings: its calls' costs by id, none where it made no call."""

    attempt_id: str
    token: int
    project: str
    costs: Sequence[tuple[str, int]]

    @property
    def total_nanousd(self) -> int:
        return sum(cost for _, cost in self.costs)


@dataclass(frozen=True, slots=True)
class Settled:
    """What it came to: ``posted`` and ``excess`` were added to the accounts, ``released`` is no longer held (all of
    the hold: what was posted of it, too)."""

    attempt_id: str
    posted_nanousd: int
    excess_nanousd: int
    released_nanousd: int


async def settle(connection: Connection, bills: Sequence[Bill]) -> tuple[list[Settled], Sequence[Row]]:
    """Post each bill against the hold of its try; returns what it came to, and the accounts that changed. What a lost
    hold posted already covers the bill that comes late (a try has one); what goes beyond is booked as excess."""
    ids, tokens = [bill.attempt_id for bill in bills], [bill.token for bill in bills]
    holds = {(row["attempt_id"], row["token"]): row for row in await connection.fetch(_FIND, ids, tokens)}
    settled: list[Settled] = []
    transfers: list[Transfer] = []
    receipts: list[tuple[str, int, int]] = []
    closed: list[tuple[str, int, int, bool]] = []
    for bill in bills:
        hold = holds.get((bill.attempt_id, bill.token))
        posted, released, cover = 0, 0, 0
        if hold is not None and hold["state"] == "held":
            posted, released = min(bill.total_nanousd, hold["amount_nanousd"]), hold["amount_nanousd"]
            cover = posted
            transfers.append(_closing(hold, posted))
            closed.append((bill.attempt_id, bill.token, posted, False))
        elif hold is not None and hold["lost"]:
            cover = hold["posted_nanousd"]
        excess = max(0, bill.total_nanousd - cover)
        if excess:
            transfers.append(_excess(bill, excess))
        receipts += _spread(bill.costs, posted, excess)
        settled.append(Settled(bill.attempt_id, posted, excess, released))
    accounts = await _move(connection, transfers)
    await _close(connection, closed)
    if receipts:
        await connection.execute(_RECEIPTS, *(list(column) for column in zip(*receipts, strict=True)))
    return settled, accounts


async def settle_lost(connection: Connection, holds: Sequence[Row]) -> Sequence[Row]:
    """Post all of each hold, for nobody will tell what was spent of it; returns the accounts that changed."""
    transfers = [_closing(hold, hold["amount_nanousd"]) for hold in holds]
    accounts = await _move(connection, transfers)
    await _close(connection, [(h["attempt_id"], h["token"], h["amount_nanousd"], True) for h in holds])
    return accounts


async def _move(connection: Connection, transfers: Sequence[Transfer]) -> Sequence[Row]:
    names = {name for each in transfers for name in each.accounts}
    await open_accounts(connection, {name: None for name in sorted(names) if name.startswith("excess:")})
    await lock(connection, names)
    return await transfer(connection, transfers)


async def _close(connection: Connection, closed: Sequence[tuple[str, int, int, bool]]) -> None:
    if closed:
        await connection.execute(_SETTLE, *(list(column) for column in zip(*closed, strict=True)))


def _closing(hold: Row, posted: int) -> Transfer:
    return Transfer(
        key=f"{hold['attempt_id']}:{hold['token']}:settled",
        kind="post" if posted else "void",
        attempt_id=hold["attempt_id"],
        token=hold["token"],
        accounts=tuple(hold["accounts"]),
        held_nanousd=-hold["amount_nanousd"],
        posted_nanousd=posted,
    )


def _excess(bill: Bill, amount: int) -> Transfer:
    first = bill.costs[0][0]
    account = f"excess:{bill.project}"
    return Transfer(f"{first}:excess", "excess", bill.attempt_id, bill.token, (account,), posted_nanousd=amount)


def _spread(costs: Sequence[tuple[str, int]], posted: int, excess: int) -> list[tuple[str, int, int]]:
    """What each receipt added to the accounts: holds are used up in the order of the calls."""
    spread: list[tuple[str, int, int]] = []
    for call_id, cost in costs:
        from_hold = min(cost, posted)
        beyond = min(cost - from_hold, excess)
        posted, excess = posted - from_hold, excess - beyond
        if from_hold or beyond:
            spread.append((call_id, from_hold, beyond))
    return spread
