"""Connections and transactions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services.ledger.errors import Unavailable

Connection: TypeAlias = PoolConnectionProxy

T = TypeVar("T")

AWAY = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a server that dies in the wrong moment
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""It cannot be reached, is starting or ending, or is out of disk or memory: never the fault of what was asked."""
AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
SHORT_SECONDS = 6.0
"""How long a shortage counts that nothing has met since: whoever it concerns tries again sooner."""
TRIES = 5
SNAPSHOT: Any = {"isolation": "repeatable_read", "readonly": True}


class Database:
    """A pool. ``changed`` is set after every transaction that changed something, so that what feeds and relays need
    not poll."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.changed = asyncio.Event()
        self._short, self._short_at = "", 0.0

    @property
    def shortage(self) -> str:
        """What Postgres lacked a moment ago: disk, memory or connections. Empty if nothing."""
        return self._short if time.monotonic() - self._short_at < SHORT_SECONDS else ""

    async def transact(self, work: Callable[[Connection], Awaitable[T]], *, quiet: bool = False) -> T:
        """Do ``work`` in one transaction, again if Postgres says so; raises Unavailable when Postgres is away.
        ``quiet`` leaves ``changed`` alone: for what mostly finds nothing to do."""
        for attempt in range(TRIES):
            try:
                async with self._connected() as connection, connection.transaction():
                    result = await work(connection)
                if not quiet:
                    self.changed.set()
                return result
            except AGAIN:
                await asyncio.sleep(0.01 * 2**attempt)
            except AWAY as error:
                if isinstance(error, asyncpg.InsufficientResourcesError):
                    self._short, self._short_at = str(error).partition("\n")[0], time.monotonic()
                raise Unavailable(error) from error
        raise Unavailable(TimeoutError(f"the transaction met {TRIES} deadlocks in a row"))

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do ``work`` on one consistent snapshot of the tables."""
        try:
            async with self._connected() as connection, connection.transaction(**SNAPSHOT):
                return await work(connection)
        except AWAY as error:
            raise Unavailable(error) from error

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Connection]:
        """A connection without a transaction: for single statements, each of which is its own snapshot, and for what a
        session holds, such as a lock, which whoever took it gives back."""
        try:
            async with self._connected() as connection:
                yield connection
        except AWAY as error:
            raise Unavailable(error) from error

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Connection]:
        """One that asyncpg has lost its way with is not used again."""
        async with self._pool.acquire() as connection:
            try:
                yield connection
            except (asyncpg.InternalClientError, asyncpg.InterfaceError):
                connection.terminate()
                raise


@asynccontextmanager
async def open_database(url: str, connections: int) -> AsyncGenerator[Database]:
    """A pool on ``url``; fails at once when Postgres does not answer."""
    pool = await asyncpg.create_pool(url, min_size=2, max_size=connections, command_timeout=60, reset=_as_it_is)
    try:
        yield Database(pool)
    finally:
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()


async def _as_it_is(connection: Connection) -> None:
    """Nothing here changes a session and leaves it so; undoing it each time would cost as much as a statement."""
