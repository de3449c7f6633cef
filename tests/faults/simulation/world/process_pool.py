"""One process's connection pool to Postgres. A dead process executes nothing; the connections of a live one can fail
before a transaction begins and after its commit."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from tests.faults.simulation.world.fault_injection import FaultInjector
from tests.faults.simulation.world.process import Process


class ProcessPool:
    """Wraps the pool that all processes share."""

    def __init__(self, pool: Any, process: Process, faults: FaultInjector) -> None:
        self._pool, self._process, self._faults = pool, process, faults

    @asynccontextmanager
    async def acquire(self) -> AsyncGenerator[ProcessConnection]:
        await self.before("connects to Postgres")
        async with self._pool.acquire() as connection:
            yield ProcessConnection(self, connection)

    async def before(self, place: str) -> None:
        await self._faults.step(self._process, place)
        if self._faults.happens(self._faults.odds.unavailable):
            raise ConnectionError("connection lost")

    async def after(self, place: str) -> None:
        if self._faults.happens(self._faults.odds.unavailable):
            raise ConnectionError("connection lost before the reply")
        await self._faults.step(self._process, place)

    def trace(self, statement: str) -> None:
        if self._faults.trace is not None:
            self._faults.trace(f"{self._process.name} sql {' '.join(statement.split())[:90]}")


class ProcessConnection:
    def __init__(self, pool: ProcessPool, connection: Any) -> None:
        self._pool, self._connection = pool, connection
        self._in_transaction = False

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncGenerator[None]:
        async with self._connection.transaction(**options):
            self._in_transaction = True
            try:
                yield
            finally:
                self._in_transaction = False
        await self._pool.after("committed")

    async def fetch(self, statement: str, *arguments: Any) -> Any:
        return await self._run("fetch", statement, arguments)

    async def fetchrow(self, statement: str, *arguments: Any) -> Any:
        return await self._run("fetchrow", statement, arguments)

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        return await self._run("fetchval", statement, arguments)

    async def execute(self, statement: str, *arguments: Any) -> Any:
        return await self._run("execute", statement, arguments)

    async def copy_records_to_table(self, table: str, **columns: Any) -> Any:
        return await self._connection.copy_records_to_table(table, **columns)

    def terminate(self) -> None:
        self._connection.terminate()

    async def _run(self, method: str, statement: str, arguments: tuple[Any, ...]) -> Any:
        """A statement outside a transaction is a transaction of its own."""
        self._pool.trace(statement)
        if self._in_transaction:
            return await getattr(self._connection, method)(statement, *arguments)
        await self._pool.before("executes")
        result = await getattr(self._connection, method)(statement, *arguments)
        await self._pool.after("executed")
        return result
