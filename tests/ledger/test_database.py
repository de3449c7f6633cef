"""Transactions, and connections that break."""

from __future__ import annotations

import asyncpg
import pytest

from services.ledger.database.database import Connection
from services.ledger.errors import Unavailable
from tests.ledger.desk import Desk


async def test_a_connection_that_lost_its_way_means_unavailable_and_is_not_used_again(desk: Desk) -> None:
    async def pid(connection: Connection) -> int:
        return await connection.fetchval("SELECT pg_backend_pid()")

    async def lost(connection: Connection) -> None:
        broken.append(await pid(connection))
        raise asyncpg.InternalClientError("got result for unknown protocol state 3")

    broken: list[int] = []
    with pytest.raises(Unavailable, match="unknown protocol state"):
        await desk.database.transact(lost)
    with pytest.raises(Unavailable, match="unknown protocol state"):
        await desk.database.read(lost)
    assert len(set(broken)) == 2
    assert await desk.database.read(pid) not in broken
