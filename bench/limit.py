"""What a money limit costs, and that it holds: the same load of priced calls with a limit and without.

``python -m bench.limit [--attempts 10000]``: 64 slots in two runners against one limit of $0.01 that the load would
pass, and against none; the transfers are replayed one by one for the highest sum that was ever committed.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from bench.spine import watch
from bench.stage import Stage, stage

LIMIT_USD = "0.01"
LIMIT_NANOUSD = 10_000_000

_REPLAY = """
SELECT max(total)::bigint AS highest FROM (
  SELECT sum(held_nanousd + posted_nanousd) OVER (ORDER BY position) AS total
  FROM transfers WHERE $1 = ANY(accounts)
) t
"""
_BALANCE = "SELECT posted_nanousd, held_nanousd FROM accounts WHERE account = $1"
_RECEIPTS = """
SELECT coalesce(sum(c.posted_nanousd), 0)::bigint FROM calls c JOIN attempts a USING (attempt_id) WHERE a.run_id = $1
"""


async def load(ready: Stage, attempts: int, limit_usd: str | None) -> tuple[str, float]:
    """One run of the load; returns its id and how many calls a second were made."""
    body: dict[str, Any] = {
        "tasks": ["echo"],
        "models": ["priced/echo"],
        "samples": attempts,
        "limits": {"cost_usd": limit_usd},
        "partial": True,
    }
    async with httpx2.AsyncClient(timeout=60) as client:
        answer = await client.post(f"{ready.url}/api/v1/runs", json=body)
        answer.raise_for_status()
        run_id = str(answer.json()["run_id"])
        started = time.monotonic()
        await asyncio.wait_for(watch(ready.url, run_id, {}), 900)
        seconds = time.monotonic() - started
        progress = (await client.get(f"{ready.url}/api/v1/runs/{run_id}")).json()["progress"]
    calls = sum(count for outcome, count in progress["outcomes"].items() if outcome != "limit")
    print(f"limit {limit_usd}: {progress['outcomes']}, {progress['cost_usd']} USD, {calls / seconds:.0f} calls/s")
    return run_id, calls / seconds


async def overshoot(database: asyncpg.Connection, run_id: str) -> None:
    account = f"run:{run_id}"
    highest = int(await database.fetchval(_REPLAY, account) or 0)
    balance = await database.fetchrow(_BALANCE, account)
    receipts = await database.fetchval(_RECEIPTS, run_id)
    assert balance is not None
    print(f"highest posted + held ever committed: {highest} of {LIMIT_NANOUSD} nano-USD, over by", end=" ")
    print(f"{max(0, highest - LIMIT_NANOUSD)}; receipts {receipts}, balance {balance['posted_nanousd']}", end=" ")
    print(f"({balance['held_nanousd']} held)")


async def bench(attempts: int) -> None:
    async with stage(attempts, ("--runners", "2")) as ready:
        database = await asyncpg.connect(_database_url(ready.data))
        await load(ready, min(attempts, 1000), None)
        ratios: list[float] = []
        for _ in range(2):
            _, free = await load(ready, attempts, None)
            run_id, limited = await load(ready, attempts, LIMIT_USD)
            await overshoot(database, run_id)
            ratios.append(limited / free)
        print("with a limit, of the throughput without:", ", ".join(f"{100 * ratio:.0f} %" for ratio in ratios))
        await database.close()


def _database_url(data: Path) -> str:
    """Of the stack's own Postgres, by its socket."""
    lines = (data / "postgres" / "postmaster.pid").read_text().split("\n")
    return f"postgresql://postgres@/postgres?host={lines[4]}&port={lines[3]}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=10_000)
    asyncio.run(bench(parser.parse_known_args(arguments)[0].attempts))


if __name__ == "__main__":
    main()
