"""The ledger's tables at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from services.ledger.database.connection import Connection

Row: TypeAlias = Any
"""A record of asyncpg; jsonb is text."""

_ORDER = {
    "runs": "run_id",
    "plans": "run_id",
    "attempts": "run_id, ordinal",
    "tries": "attempt_id, token",
    "verdicts": "attempt_id",
    "calls": "call_id",
    "projects": "project",
    "accounts": "account",
    "holds": "attempt_id, token",
    "transfers": "position",
    "cells": "task_id, model",
    "facts": "run_id, sequence",
    "pending_orders": "attempt_id",
    "pending_facts": "position",
}
STATEMENTS = {table: f"SELECT * FROM {table} ORDER BY {order}" for table, order in _ORDER.items()}


class Snapshot:
    """A list of rows for each table."""

    runs: Sequence[Row]
    plans: Sequence[Row]
    attempts: Sequence[Row]
    tries: Sequence[Row]
    verdicts: Sequence[Row]
    calls: Sequence[Row]
    projects: Sequence[Row]
    accounts: Sequence[Row]
    holds: Sequence[Row]
    transfers: Sequence[Row]
    cells: Sequence[Row]
    facts: Sequence[Row]
    pending_orders: Sequence[Row]
    pending_facts: Sequence[Row]

    def __init__(self, tables: dict[str, Sequence[Row]]) -> None:
        vars(self).update(tables)

    def where(self, table: str, **values: Any) -> Iterator[Row]:
        """The rows that have these values in these columns."""
        for row in getattr(self, table):
            if all(row[column] == value for column, value in values.items()):
                yield row

    def first(self, table: str, **values: Any) -> Row | None:
        return next(self.where(table, **values), None)


async def read_snapshot(connection: Connection) -> Snapshot:
    return Snapshot({table: await connection.driver.fetch(statement) for table, statement in STATEMENTS.items()})
