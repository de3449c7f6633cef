"""Reserving money for tries: at the claim, and more of it later; all or nothing for each, never above a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.ledger.database.database import Connection
from services.ledger.memory.rules.accounts import Transfer, left, no_room
from services.ledger.memory.rules.funding import Reserved
from services.ledger.memory.rules.rows import Row
from services.ledger.money.transfers import lock, open_paths, transfer

_HOLD = """
INSERT INTO holds (attempt_id, token, accounts, amount_nanousd)
SELECT attempt_id, token, string_to_array(accounts, ' '), amount
FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[]) AS h(attempt_id, token, accounts, amount)
"""

_HELD = """
UPDATE attempts a SET held_nanousd = a.held_nanousd + u.amount FROM unnest($1::text[], $2::bigint[])
  AS u(attempt_id, amount) WHERE a.attempt_id = u.attempt_id
"""


async def reserve(connection: Connection, attempts: Sequence[Row], projects: Mapping[str, str]) -> Reserved:
    """Hold each attempt's worst case under its token, in order, for as many as there is room. ``projects`` by run."""
    reserved = Reserved()
    paths = await open_paths(connection, projects.values())
    accounts = {run_id: (f"run:{run_id}", *paths[project]) for run_id, project in projects.items()}
    balances = await lock(connection, (name for path in accounts.values() for name in path))
    room = {name: left(balance) for name, balance in balances.items()}
    transfers: list[Transfer] = []
    for attempt in attempts:
        path, amount = accounts[attempt["run_id"]], attempt["worst_nanousd"]
        full = next((name for name in path if (free := room[name]) is not None and free < amount), None)
        if full is not None:
            reserved.refused[attempt["attempt_id"]] = no_room(balances[full], room[full] or 0, amount)
            continue
        for name in path:
            free = room[name]
            room[name] = None if free is None else free - amount
        key = f"{attempt['attempt_id']}:{attempt['token']}:hold"
        transfers.append(Transfer(key, "hold", attempt["attempt_id"], attempt["token"], path, held_nanousd=amount))
        reserved.held[attempt["attempt_id"]] = amount
    await transfer(connection, transfers)
    await _write_down(connection, transfers)
    return reserved


async def _write_down(connection: Connection, holds: Sequence[Transfer]) -> None:
    if not holds:
        return
    ids, amounts = [hold.attempt_id for hold in holds], [hold.held_nanousd for hold in holds]
    paths = [" ".join(hold.accounts) for hold in holds]
    await connection.execute(_HOLD, ids, [hold.token for hold in holds], paths, amounts)
    await connection.execute(_HELD, ids, amounts)
