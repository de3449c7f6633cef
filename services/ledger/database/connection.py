"""A connection whose statements return typed rows: the only module besides ``database.py`` that handles the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import asyncpg

from services.ledger.database.rows import Row, decoder

R = TypeVar("R", bound=Row)
V = TypeVar("V")

DRIVER: Any = asyncpg
"""asyncpg has no types of its own."""


class Connection:
    """``driver`` is asyncpg's own connection."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self._on_commit: list[Callable[[], None]] = []

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call it when the transaction has committed, and not if it fails."""
        self._on_commit.append(callback)

    def committed(self) -> None:
        for callback in self._on_commit:
            callback()

    async def rows(self, kind: type[R], statement: str, *arguments: object) -> list[R]:
        decode = decoder(kind)
        return [decode(record) for record in await self.driver.fetch(statement, *arguments)]

    async def row(self, kind: type[R], statement: str, *arguments: object) -> R | None:
        """The first row; None if there is none."""
        record = await self.driver.fetchrow(statement, *arguments)
        return None if record is None else decoder(kind)(record)

    async def one(self, kind: type[R], statement: str, *arguments: object) -> R:
        """The row of a statement that always returns one."""
        return decoder(kind)(await self.driver.fetchrow(statement, *arguments))

    async def values(self, kind: type[V], statement: str, *arguments: object) -> list[V]:
        """The first column, whose type is ``kind``."""
        return [record[0] for record in await self.driver.fetch(statement, *arguments)]

    async def value(self, kind: type[V], statement: str, *arguments: object) -> V | None:
        """The first column of the first row, whose type is ``kind``; None if there is no row."""
        return await self.driver.fetchval(statement, *arguments)

    async def execute(self, statement: str, *arguments: object) -> int:
        """Returns how many rows the statement changed."""
        count = str(await self.driver.execute(statement, *arguments)).rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_columns(self, statement: str, rows: Sequence[Sequence[object]], *arguments: object) -> None:
        """One statement over all rows: each column becomes an array, as ``unnest`` takes it; ``arguments`` follow."""
        if rows:
            await self.driver.execute(statement, *as_columns(rows), *arguments)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        await self.driver.copy_records_to_table(table, records=rows, columns=columns)


def as_columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Rows, of which there is at least one, as the columns that ``unnest`` takes."""
    return [list(column) for column in zip(*rows, strict=True)]
