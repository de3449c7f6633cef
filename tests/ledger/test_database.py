"""Transactions, and connections that break."""

from __future__ import annotations

import asyncpg
import pytest

from services.ledger.database.connection import Connection
from services.ledger.errors import Unavailable
from tests.ledger.harness import LedgerHarness


async def test_a_broken_connection_raises_unavailable_and_is_not_reused(ledger: LedgerHarness) -> None:
    async def pid(connection: Connection) -> int:
        return await connection.value(int, "SELECT pg_backend_pid()") or 0

    async def lost(connection: Connection) -> None:
        broken.append(await pid(connection))
        raise asyncpg.InternalClientError("got result for unknown protocol state 3")

    broken: list[int] = []
    with pytest.raises(Unavailable, match="unknown protocol state"):
        await ledger.database.transact(lost)
    with pytest.raises(Unavailable, match="unknown protocol state"):
        async with ledger.database.snapshot() as connection:
            await lost(connection)
    assert len(set(broken)) == 2
    async with ledger.database.snapshot() as connection:
        assert await pid(connection) not in broken
