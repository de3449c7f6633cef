"""Leadership among ledger processes: whoever holds Postgres' advisory lock; it falls free when its session dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.ledger.database.database import Connection, Database
from services.ledger.errors import Unavailable

log = structlog.get_logger()

LOCK = 0x415353_4159
CHECK_SECONDS = 1.0


async def lead_when_elected(database: Database, lead: Callable[[], Awaitable[None]]) -> None:
    """Wait for the lock, lead for as long as its session lives, and stand again; for ever."""
    while True:
        try:
            async with database.session() as connection:
                try:
                    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                        await _lead_while_alive(connection, lead)
                finally:
                    await connection.execute("SELECT pg_advisory_unlock_all()")
        except Unavailable as error:
            log.warning("leadership.waiting", reason=str(error))
        await asyncio.sleep(CHECK_SECONDS)


async def _lead_while_alive(connection: Connection, lead: Callable[[], Awaitable[None]]) -> None:
    log.info("leadership.taken")
    leading = asyncio.ensure_future(lead())
    try:
        while not leading.done():
            await asyncio.wait([leading], timeout=CHECK_SECONDS)
            await connection.fetchval("SELECT 1")
        await leading
    finally:
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
        log.info("leadership.left")
