"""Holds: money reserved for tries, at the claim and by later top-ups; all or nothing, and never above a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.money.account import Account, run_account
from services.ledger.money.transfers import Transfer, joined, lock_accounts, open_project_accounts, transfer
from services.ledger.runs.run_counters import Spend

_INSERT = """
INSERT INTO holds (attempt_id, token, accounts, amount_nanousd)
SELECT attempt_id, token, string_to_array(accounts, ' '), amount
FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[]) AS h(attempt_id, token, accounts, amount)
"""

_ADD_TO_ATTEMPTS = """
UPDATE attempts a SET held_nanousd = a.held_nanousd + u.amount FROM unnest($1::text[], $2::bigint[])
  AS u(attempt_id, amount) WHERE a.attempt_id = u.attempt_id
"""

_ADD_TO_HOLD = "UPDATE holds SET amount_nanousd = amount_nanousd + $3 WHERE attempt_id = $1 AND token = $2"


class HoldRow(Row):
    """``held`` until it is ``posted`` at what was spent, or ``voided``. ``lost``: no report came, and all of it was
    posted."""

    attempt_id: str
    token: int
    accounts: tuple[Account, ...]
    amount_nanousd: int
    posted_nanousd: int
    state: str
    lost: bool

    @property
    def is_open(self) -> bool:
        return self.state == "held"


@dataclass(slots=True)
class Reservation:
    """By attempt: the nano-USD held for it, or why no limit has room."""

    held: dict[str, int] = field(default_factory=dict[str, int])
    refused: dict[str, str] = field(default_factory=dict[str, str])

    def spends(self) -> list[Spend]:
        return [Spend(attempt_id, held_nanousd=amount) for attempt_id, amount in self.held.items() if amount]


async def reserve(connection: Connection, attempts: Sequence[AttemptRow], projects: Mapping[str, str]) -> Reservation:
    """Hold the worst case of each attempt under its token, in order, while the limits have room. ``projects`` is by
    run."""
    reservation = Reservation()
    of_project = await open_project_accounts(connection, projects.values())
    accounts = {run_id: (run_account(run_id), *of_project[project]) for run_id, project in projects.items()}
    balances = await lock_accounts(connection, (account for path in accounts.values() for account in path))
    transfers: list[Transfer] = []
    for attempt in attempts:
        path, amount = [balances[account] for account in accounts[attempt.run_id]], attempt.worst_nanousd
        if full := next((balance for balance in path if balance.lacks(amount)), None):
            reservation.refused[attempt.attempt_id] = full.refusal(amount)
            continue
        for balance in path:
            balance.held_nanousd += amount
        key = f"{attempt.attempt_id}:{attempt.token}:hold"
        nested = accounts[attempt.run_id]
        transfers.append(Transfer(key, "hold", attempt.attempt_id, attempt.token, nested, held_nanousd=amount))
        reservation.held[attempt.attempt_id] = amount
    await transfer(connection, transfers)
    await connection.execute_columns(
        _INSERT, [(t.attempt_id, t.token, joined(t.accounts), t.held_nanousd) for t in transfers]
    )
    await connection.execute_columns(_ADD_TO_ATTEMPTS, [(t.attempt_id, t.held_nanousd) for t in transfers])
    return reservation


async def add_to_hold(connection: Connection, hold: HoldRow, key: str, amount: int) -> Spend:
    """Hold more for a try under way. The accounts must be locked."""
    await transfer(
        connection, [Transfer(key, "top_up", hold.attempt_id, hold.token, hold.accounts, held_nanousd=amount)]
    )
    await connection.execute(_ADD_TO_HOLD, hold.attempt_id, hold.token, amount)
    await connection.execute_columns(_ADD_TO_ATTEMPTS, [(hold.attempt_id, amount)])
    return Spend(hold.attempt_id, held_nanousd=amount)
