"""Connections and transactions."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from services.ledger.database.connection import DRIVER, Connection
from services.ledger.errors import Unavailable

T = TypeVar("T")

AWAY = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # raised when the server dies in the middle of a reply
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""Postgres cannot be reached, is starting or stopping, or is out of disk or memory: never the request's fault."""
RETRY = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
UniqueViolation = asyncpg.UniqueViolationError

SHORTAGE_SECONDS = 6.0
"""How long a shortage is reported after the last statement that met it; its callers retry sooner than that."""
TRIES = 5
KEEPALIVE_SECONDS = 6
"""After so long without a sign of life from the database's host, a connection is closed; a statement may take longer.
Well below the duration of a lease, because reports wait until then."""
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 60
SNAPSHOT: Any = {"isolation": "repeatable_read", "readonly": True}


class Database:
    """A pool of connections. ``changed`` is set after each transaction that changed something; the leader's tasks wait
    for it instead of polling."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.changed = asyncio.Event()
        self._shortage, self._shortage_at = "", 0.0

    @property
    def shortage(self) -> str:
        """What Postgres ran out of a moment ago: disk, memory or connections. Empty if nothing."""
        return self._shortage if time.monotonic() - self._shortage_at < SHORTAGE_SECONDS else ""

    @property
    def connections_used(self) -> int:
        return self._pool.get_size() - self._pool.get_idle_size()

    @property
    def connections_idle(self) -> int:
        return self._pool.get_idle_size()

    @property
    def connections_limit(self) -> int:
        return self._pool.get_max_size()

    async def trouble(self) -> str:
        """Why Postgres does not answer; empty if it does."""
        try:
            async with self.session() as connection:
                await connection.value(int, "SELECT 1")
        except Unavailable as error:
            return str(error)
        return ""

    async def transact(self, work: Callable[[Connection], Awaitable[T]], *, quiet: bool = False) -> T:
        """Do ``work`` in one transaction, and again after a deadlock; raises Unavailable when Postgres is away.
        ``quiet`` sets ``changed`` only if ``work`` returns something true: for work that mostly finds nothing to do."""
        for attempt in range(TRIES):
            try:
                async with self._connected() as connection:
                    async with connection.driver.transaction():
                        result = await work(connection)
                    connection.committed()
                if result or not quiet:
                    self.changed.set()
                return result
            except RETRY:
                await asyncio.sleep(0.01 * 2**attempt)
            except AWAY as error:
                if isinstance(error, asyncpg.InsufficientResourcesError):
                    self._shortage, self._shortage_at = str(error).partition("\n")[0], time.monotonic()
                raise Unavailable(error) from error
        raise Unavailable(TimeoutError(f"the transaction ran into {TRIES} deadlocks in a row"))

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[Connection]:
        """A connection for reading, on one consistent snapshot of the tables."""
        async with self.session() as connection, connection.driver.transaction(**SNAPSHOT):
            yield connection

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Connection]:
        """A connection without a transaction: for single statements, each with its own snapshot, and for session state
        such as an advisory lock, which the caller releases."""
        try:
            async with self._connected() as connection:
                yield connection
        except AWAY as error:
            raise Unavailable(error) from error

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Connection]:
        """A connection that asyncpg can no longer follow is closed instead of reused."""
        async with self._pool.acquire() as driver:
            try:
                yield Connection(driver)
            except (asyncpg.InternalClientError, asyncpg.InterfaceError):
                driver.terminate()
                raise


@asynccontextmanager
async def open_database(url: str, connections: int) -> AsyncGenerator[Database]:
    """A pool on ``url``; fails at once when Postgres does not answer."""
    pool = await DRIVER.create_pool(
        url,
        min_size=2,
        max_size=connections,
        timeout=_CONNECT_SECONDS,
        command_timeout=_STATEMENT_SECONDS,
        init=_enable_keepalive,
        reset=_keep_session,
    )
    try:
        yield Database(pool)
    finally:
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()


async def _enable_keepalive(driver: Any) -> None:
    """A host or a pod that is gone answers nothing, not even that the connection is closed. The driver has no option
    for this."""
    connection: socket.socket = driver._transport.get_extra_info("socket")
    if connection.family == socket.AF_UNIX:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 2), ("TCP_KEEPINTVL", 1), ("TCP_USER_TIMEOUT", 1000 * KEEPALIVE_SECONDS)):
        if hasattr(socket, option):  # macOS lacks some
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


async def _keep_session(driver: Any) -> None:
    """No code leaves session state behind, and resetting it each time would cost as much as a statement."""
