"""A process's connections to Postgres, as a pool of asyncpg's: those of a dead process do nothing, and the others may
break before a transaction begins and after it is committed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from tests.faults.simulation.chaos import Chaos
from tests.faults.simulation.processes import Process


class FaultyPool:
    """Over another pool, which all processes share."""

    def __init__(self, pool: Any, process: Process, chaos: Chaos) -> None:
        self._pool, self._process, self._chaos = pool, process, chaos

    @asynccontextmanager
    async def acquire(self) -> AsyncGenerator[FaultyConnection]:
        await self.reach("connects to postgres")
        async with self._pool.acquire() as connection:
            yield FaultyConnection(self, connection)

    async def reach(self, place: str) -> None:
        await self._chaos.step(self._process, place)
        if self._chaos.happens(self._chaos.odds.away):
            raise ConnectionError("cut off")

    async def hear_back(self, place: str) -> None:
        if self._chaos.happens(self._chaos.odds.away):
            raise ConnectionError("cut off before the answer came")
        await self._chaos.step(self._process, place)

    def trace(self, statement: str) -> None:
        if self._chaos.tell is not None:
            self._chaos.tell(f"{self._process.name} sql {' '.join(statement.split())[:90]}")


class FaultyConnection:
    def __init__(self, pool: FaultyPool, connection: Any) -> None:
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
        await self._pool.hear_back("committed")

    async def fetch(self, statement: str, *arguments: Any) -> Any:
        return await self._do("fetch", statement, arguments)

    async def fetchrow(self, statement: str, *arguments: Any) -> Any:
        return await self._do("fetchrow", statement, arguments)

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        return await self._do("fetchval", statement, arguments)

    async def execute(self, statement: str, *arguments: Any) -> Any:
        return await self._do("execute", statement, arguments)

    async def copy_records_to_table(self, table: str, **columns: Any) -> Any:
        return await self._connection.copy_records_to_table(table, **columns)

    def terminate(self) -> None:
        self._connection.terminate()

    async def _do(self, method: str, statement: str, arguments: tuple[Any, ...]) -> Any:
        """A statement outside of a transaction is one by itself."""
        self._pool.trace(statement)
        if self._in_transaction:
            return await getattr(self._connection, method)(statement, *arguments)
        await self._pool.reach("asks postgres")
        result = await getattr(self._connection, method)(statement, *arguments)
        await self._pool.hear_back("answered by postgres")
        return result
