"""Settling holds: what was spent is posted, the rest released; each hold once, whoever asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.ledger.memory.rules.accounts import Transfer
from services.ledger.memory.rules.rows import Row


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
    """What a bill came to: ``posted`` and ``excess`` were added to the accounts, ``released`` is no longer held (all
    of the hold: what was posted of it, too). ``closed`` is whether its hold was settled by it; ``receipts`` are what
    each call added to the accounts: its id, from the hold, beyond it."""

    attempt_id: str
    token: int
    posted_nanousd: int
    excess_nanousd: int
    released_nanousd: int
    closed: bool
    transfers: Sequence[Transfer]
    receipts: Sequence[tuple[str, int, int]]


def settled(bill: Bill, hold: Row | None) -> Settled:
    """Post the bill against the hold of its try. What a lost hold posted already covers the bill that comes late (a try
    has one); what goes beyond is booked as excess."""
    transfers: list[Transfer] = []
    posted, released, cover = 0, 0, 0
    closes = hold is not None and hold["state"] == "held"
    if hold is not None and closes:
        posted, released = min(bill.total_nanousd, hold["amount_nanousd"]), hold["amount_nanousd"]
        cover = posted
        transfers.append(closing(hold, posted))
    elif hold is not None and hold["lost"]:
        cover = hold["posted_nanousd"]
    excess = max(0, bill.total_nanousd - cover)
    if excess:
        transfers.append(_excess(bill, excess))
    receipts = _spread(bill.costs, posted, excess)
    return Settled(bill.attempt_id, bill.token, posted, excess, released, closes, transfers, receipts)


def closing(hold: Row, posted: int) -> Transfer:
    """Nothing of it is held any more, so much of it is posted."""
    return Transfer(
        key=f"{hold['attempt_id']}:{hold['token']}:settled",
        kind="post" if posted else "void",
        attempt_id=hold["attempt_id"],
        token=hold["token"],
        accounts=tuple(hold["accounts"]),
        held_nanousd=-hold["amount_nanousd"],
        posted_nanousd=posted,
    )


def excess_accounts(transfers: Sequence[Transfer]) -> dict[str, int | None]:
    """Those among the transfers' accounts that may not be there yet; they have no limit."""
    names = {name for each in transfers for name in each.accounts if name.startswith("excess:")}
    return dict.fromkeys(sorted(names))


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
