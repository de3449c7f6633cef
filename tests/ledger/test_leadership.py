"""Leader election by an advisory lock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from services.ledger.database.database import open_database
from services.ledger.database.leadership import lead_when_elected
from services.ledger.errors import Unavailable


async def test_one_process_leads_at_a_time_and_another_takes_over_when_it_fails(database_url: str) -> None:
    took: asyncio.Queue[str] = asyncio.Queue()
    fail = asyncio.Event()

    def leads(name: str, end: asyncio.Event) -> Callable[[], Awaitable[None]]:
        async def lead() -> None:
            took.put_nowait(name)
            await end.wait()
            raise Unavailable(OSError("Postgres is away"))

        return lead

    async with open_database(database_url, 2) as one, open_database(database_url, 2) as other:
        first = asyncio.create_task(lead_when_elected(one, leads("first", fail)))
        assert await asyncio.wait_for(took.get(), 30) == "first"
        second = asyncio.create_task(lead_when_elected(other, leads("second", asyncio.Event())))
        await asyncio.sleep(1.5)
        assert took.empty()
        fail.set()
        async with asyncio.timeout(60):
            while await took.get() != "second":
                pass
        await asyncio.sleep(1.5)
        assert took.empty(), "the process that failed is not elected again"
        second.cancel()
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
