"""Leader election among ledger processes, by an advisory lock in Postgres that is released when its session ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.errors import Unavailable

_log = structlog.get_logger()

LOCK = 0x415353_4159
CHECK_SECONDS = 1.0


async def lead_when_elected(database: Database, lead: Callable[[], Awaitable[None]]) -> None:
    """Wait for the lock, lead while its session lives, then start over; for ever."""
    while True:
        try:
            async with database.session() as connection:
                try:
                    if await connection.value(bool, "SELECT pg_try_advisory_lock($1)", LOCK):
                        await _lead_while_alive(connection, lead)
                finally:
                    await connection.execute("SELECT pg_advisory_unlock_all()")
        except Unavailable as error:
            _log.warning("leadership.waiting", reason=str(error))
        await asyncio.sleep(CHECK_SECONDS)


async def _lead_while_alive(connection: Connection, lead: Callable[[], Awaitable[None]]) -> None:
    _log.info("leadership.taken")
    leading = asyncio.ensure_future(lead())
    try:
        while not leading.done():
            await asyncio.wait([leading], timeout=CHECK_SECONDS)
            await connection.value(int, "SELECT 1")
        await leading
    finally:
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
        _log.info("leadership.lost")
