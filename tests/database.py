"""Reading the ledger's database from outside: by SQL, its sums, and which ledger leads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from tests.ledger.audit import audit

_LEADER = "SELECT host(client_addr) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
_CONNECT_SECONDS = 30


def rows(database_url: str, statement: str, *arguments: object) -> Sequence[Any]:
    async def fetch() -> Sequence[Any]:
        connection = await asyncpg.connect(database_url, timeout=_CONNECT_SECONDS)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def value(database_url: str, statement: str, *arguments: object) -> Any:
    """The first column of the first row."""
    return rows(database_url, statement, *arguments)[0][0]


def check_sums(database_url: str) -> None:
    """Raises AssertionError, naming the sum that does not agree."""

    async def check() -> None:
        connection = await asyncpg.connect(database_url, timeout=_CONNECT_SECONDS)
        try:
            await audit(connection)
        finally:
            await connection.close()

    asyncio.run(check())


def leader_address(database_url: str) -> str:
    """The address of the ledger whose session holds the advisory lock of the leader."""
    return value(database_url, _LEADER)
