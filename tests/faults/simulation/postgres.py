"""The same simulation over a real Postgres: in real time, and looked at when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any

from services.ledger.leaderboard.results import PostgresResults

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.models import Call
from assay.contracts.runs import RunPlan
from assay.contracts.verdicts import Verdict
from services.ledger.attempts.attempt_store import PostgresAttempts
from services.ledger.attempts.reports import PostgresReports
from services.ledger.database.database import Connection, Database
from services.ledger.memory.rules.board import KEY
from services.ledger.memory.rules.rows import from_jsonb
from services.ledger.memory.tables import Row
from services.ledger.money.money_store import PostgresMoney
from services.ledger.outbox.missing_orders import PostgresStrays
from services.ledger.outbox.outbox_store import PostgresOutbox
from services.ledger.runs.plans import Plans
from services.ledger.runs.retention import PostgresRetention
from services.ledger.runs.run_control import PostgresControl
from services.ledger.runs.run_store import PostgresRuns
from services.ledger.scheduling.scheduler import PostgresFeeder
from services.ledger.settings import LedgerSettings
from services.ledger.sweeper import PostgresSweeper
from tests.faults.simulation.store import Stores, WatchedStore

_KEYS: dict[str, tuple[str, ...]] = {
    "runs": ("run_id",),
    "plans": ("run_id",),
    "attempts": ("attempt_id",),
    "tries": ("attempt_id", "token"),
    "verdicts": ("attempt_id",),
    "calls": ("call_id",),
    "projects": ("project",),
    "accounts": ("account",),
    "holds": ("attempt_id", "token"),
    "transfers": ("key",),
    "cells": KEY,
    "facts": ("run_id", "sequence"),
    "pending_orders": ("attempt_id",),
    "pending_facts": ("position",),
}
_KINDS: dict[tuple[str, str], Any] = {
    ("plans", "body"): RunPlan,
    ("calls", "body"): Call,
    ("verdicts", "body"): Verdict,
    ("verdicts", "artifacts"): dict[str, ArtifactRef],
    ("tries", "output"): ArtifactRef,
    ("tries", "artifacts"): dict[str, ArtifactRef],
}


class PostgresStores(Stores):
    """``memory`` is a copy, read by ``refresh``."""

    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        super().__init__(settings)
        plans = Plans()
        self._database = database
        self.runs: Any = PostgresRuns(database, settings)
        self.control: Any = PostgresControl(database)
        self.funds: Any = PostgresMoney(database, plans, settings)
        self.attempts: Any = PostgresAttempts(database, plans, settings)
        self.reports: Any = PostgresReports(database, plans, settings)
        self.results: Any = PostgresResults(database, settings)
        self.retention: Any = PostgresRetention(database)
        self.outbox: Any = PostgresOutbox(database)
        self.feeder: Any = PostgresFeeder(database, plans, settings)
        self.sweeper: Any = PostgresSweeper(database, plans, settings)
        self.strays: Any = PostgresStrays(database, patience_seconds=8.0)

    @property
    def changed(self) -> asyncio.Event:
        return self._database.changed

    async def refresh(self) -> None:
        rows = await self._database.read(_read_all)
        fresh = WatchedStore(self.now)
        for table, found in rows.items():
            copy = fresh.orders if table == "pending_orders" else getattr(fresh, table)
            for row in found:
                copy.insert(_key(table, row), row)
        fresh.commit()
        for name in vars(fresh):
            if name not in ("watch", "changed"):
                setattr(self.memory, name, getattr(fresh, name))


async def _read_all(connection: Connection) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for table, keys in _KEYS.items():
        order = "run_id, ordinal" if table == "attempts" else ", ".join(keys)
        rows = await connection.fetch(f"SELECT * FROM {table} ORDER BY {order}")
        found[table] = [_row(table, row) for row in rows]
    return found


def _row(table: str, row: Any) -> Row:
    return {
        name: from_jsonb(kind, value) if (kind := _KINDS.get((table, name))) else value for name, value in row.items()
    }


def _key(table: str, row: Row) -> Hashable:
    first, *others = (row[column] for column in _KEYS[table])
    return (first, *others) if others else first


def stores_on(database: Database) -> Callable[[LedgerSettings], Stores]:
    return lambda settings: PostgresStores(database, settings)
