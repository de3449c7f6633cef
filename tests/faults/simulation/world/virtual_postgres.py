"""A real Postgres in virtual time: statements take no time, and the database's clock is the simulation's."""

from __future__ import annotations

import asyncio
from asyncio import events, tasks
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from services.ledger.database.migrations import SCRIPT

T = TypeVar("T")

_SCHEMA = "virtual"
_CLOCKS = ("now", "clock_timestamp", "statement_timestamp")
_CLOCK = """
CREATE FUNCTION {schema}.{name}() RETURNS timestamptz LANGUAGE sql STABLE
AS $$SELECT pg_catalog.current_setting('assay.now')::timestamptz$$
"""
_SETTINGS = (
    f"search_path = {_SCHEMA}, pg_catalog",  # found first, these functions shadow those of pg_catalog
    "assay.now = '2000-01-01 00:00:00+00'",
    "synchronous_commit = off",
    "plan_cache_mode = force_generic_plan",  # a plan must not depend on how often a statement ran before
    "max_parallel_workers_per_gather = 0",
    "jit = off",
)


async def create_virtual_schema(url: str) -> None:
    """Create the ledger's schema in an empty database; the setting ``assay.now`` is its clock. The tables are unlogged:
    their content need not survive a crash of the server."""
    connection = await asyncpg.connect(url)
    try:
        database = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"CREATE SCHEMA {_SCHEMA}")
        for name in _CLOCKS:
            await connection.execute(_CLOCK.format(schema=_SCHEMA, name=name))
        for setting in _SETTINGS:
            await connection.execute(f"ALTER DATABASE {database} SET {setting}")
            await connection.execute(f"SET {setting}")
        script = SCRIPT.read_text().replace("CREATE TABLE", "CREATE UNLOGGED TABLE")
        await connection.execute(script)
        # Autovacuum updates statistics at any moment, which changes plans, and with them the order of rows.
        for table in await _tables(connection):
            await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    finally:
        await connection.close()


async def _tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", _SCHEMA)
    return [row["tablename"] for row in rows if row["tablename"] != "alembic_version"]


class VirtualPostgres:
    """Connections to a database made by ``create_virtual_schema``, on an event loop that runs only while a statement is
    executing. To the simulation's loop each statement is instantaneous and each transaction atomic.

    ``now`` is the clock, ``rewrite`` is applied to every statement, ``committed`` is called after every transaction
    that was not read-only.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._all: list[asyncpg.Connection] = []
        self._idle: list[VirtualConnection] = []
        self.now: Callable[[], datetime]
        self.rewrite: Callable[[str], str]
        self.committed: Callable[[], None]
        self.reset()

    def reset(self) -> None:
        """Empty all tables and reset the hooks."""
        self.now = lambda: datetime.fromisoformat("2031-05-17T21:59:50+00:00")
        self.rewrite = lambda statement: statement
        self.committed = lambda: None
        for lost in set(self._all).difference(each.real for each in self._idle):  # by a simulation that raised
            lost.terminate()
        self._all = [each.real for each in self._idle]
        connection = self._take()
        tables = self.run(_tables(connection.real))
        self.run(connection.real.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY"))
        self._idle.append(connection)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to completion on the inner loop; the running loop, if any, is blocked meanwhile."""
        outer = events._get_running_loop()
        if outer is None:
            return self._loop.run_until_complete(work)
        task = asyncio.current_task()
        if task is not None:
            tasks._leave_task(outer, task)
        events._set_running_loop(None)
        try:
            return self._loop.run_until_complete(work)
        finally:
            events._set_running_loop(outer)
            if task is not None:
                tasks._enter_task(outer, task)

    def fetch(self, statement: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        """Query the database outside the simulation."""
        connection = self._take()
        try:
            return self.run(connection.real.fetch(statement, *arguments))
        finally:
            self._idle.append(connection)

    @asynccontextmanager
    async def acquire(self) -> AsyncGenerator[VirtualConnection]:
        """Like a pool's; releasing the connection ends its session, with its locks."""
        connection = self._take()
        try:
            yield connection
        finally:
            connection.end_session()
            self._idle.append(connection)

    def close(self) -> None:
        for connection in self._idle:
            self.run(connection.real.close())
        self._loop.close()

    def _take(self) -> VirtualConnection:
        """The connection used last: it has most statements prepared."""
        if self._idle:
            return self._idle.pop()
        real = self.run(asyncpg.connect(self._url, statement_cache_size=1000, max_cached_statement_lifetime=0))
        self._all.append(real)
        return VirtualConnection(self, real)


class VirtualConnection:
    """The methods of asyncpg's connection that the ledger uses."""

    def __init__(self, postgres: VirtualPostgres, real: asyncpg.Connection) -> None:
        self.real = real
        self._postgres = postgres
        self._now: datetime | None = None
        self._locked = False

    @asynccontextmanager
    async def transaction(self, *, isolation: str = "", readonly: bool = False) -> AsyncGenerator[None]:
        """No other statement runs meanwhile, so every isolation level is serializable."""
        self._execute(f"{self._new_time()}BEGIN")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK")
            self._now = None  # a rollback resets settings too
            raise
        self._execute("COMMIT")
        if not readonly:
            self._postgres.committed()

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return self._run(self.real.fetch, statement, arguments)

    async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        return self._run(self.real.fetchrow, statement, arguments)

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        return self._run(self.real.fetchval, statement, arguments)

    async def execute(self, statement: str, *arguments: Any) -> str:
        return self._run(self.real.execute, statement, arguments)

    async def copy_records_to_table(self, table: str, **columns: Any) -> str:
        return self._postgres.run(self.real.copy_records_to_table(table, schema_name=_SCHEMA, **columns))

    def terminate(self) -> None:
        """These connections do not fail."""

    def end_session(self) -> None:
        if self._locked:
            self._execute("SELECT pg_advisory_unlock_all()")
            self._locked = False

    def _run(self, method: Callable[..., Coroutine[Any, Any, T]], statement: str, arguments: Sequence[Any]) -> T:
        if not self.real.is_in_transaction() and (setting := self._new_time()):
            self._execute(setting)
        self._locked = self._locked or "advisory" in statement
        return self._postgres.run(method(self._postgres.rewrite(statement), *arguments))

    def _new_time(self) -> str:
        """The statement that sets the database's clock; empty if it is set already."""
        now = self._postgres.now()
        if now == self._now:
            return ""
        self._now = now
        return f"SET assay.now = '{now.isoformat()}';"

    def _execute(self, statement: str) -> None:
        self._postgres.run(self.real.execute(statement))
