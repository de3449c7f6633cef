"""What a money limit costs, and that it holds: the same load of priced calls with a limit and without.

``python -m bench limit [--attempts 10000]``: 64 slots in two runners against one limit of $0.01 that 10,000 calls just
fit, and against none; then calls that do not fit. The transfers are replayed one by one for the highest sum that was
ever committed.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import asyncpg
import httpx2

from bench.embedded_stack import Stack, embedded_stack
from bench.process_usage import Reading, read_tree
from bench.throughput import watch

LIMIT_USD = "0.01"
LIMIT_NANOUSD = 10_000_000
PRICE, HIGHER_PRICE = "0.075", "0.1"
"""USD for a million tokens. A call is some 12 of them: 10,000 fit the limit at the one price and not at the other."""

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


@dataclass(frozen=True, kw_only=True)
class Load:
    """Calls a second, and how many milliseconds of CPU each took of the parts that keep the books."""

    run_id: str
    calls_per_second: float
    cpu_ms: dict[str, float]


async def load(ready: Stack, attempts: int, limit_usd: str | None, price: str = PRICE) -> Load:
    body: dict[str, Any] = {
        "tasks": ["echo"],
        "models": ["priced/echo"],
        "prices": {"priced/echo": {"input_usd_per_mtok": price, "output_usd_per_mtok": price}},
        "samples": attempts,
        "limits": {"cost_usd": limit_usd},
        "partial": True,
    }
    before = read_tree(ready.supervisor_pid)
    async with httpx2.AsyncClient(timeout=60) as client:
        answer = await client.post(f"{ready.url}/api/v1/runs", json=body)
        answer.raise_for_status()
        run_id = str(answer.json()["run_id"])
        started = time.monotonic()
        await asyncio.wait_for(watch(ready.url, run_id, {}), 900)
        seconds = time.monotonic() - started
        progress = (await client.get(f"{ready.url}/api/v1/runs/{run_id}")).json()["progress"]
    after = read_tree(ready.supervisor_pid)
    calls = sum(count for outcome, count in progress["outcomes"].items() if outcome != "limit")
    used = {part: after[part].cpu_seconds - before.get(part, Reading()).cpu_seconds for part in after}
    cpu_ms = {part: 1000 * sum(used[each] for each in of) / calls for part, of in _parts(used).items()}
    print(
        f"limit {limit_usd}: {progress['outcomes']}, {progress['cost_usd']} USD, {calls / seconds:.0f} calls/s;",
        end=" ",
    )
    print("CPU ms per call:", ", ".join(f"{part} {ms:.2f}" for part, ms in cpu_ms.items()), flush=True)
    return Load(run_id=run_id, calls_per_second=calls / seconds, cpu_ms=cpu_ms)


def _parts(used: Iterable[str]) -> dict[str, list[str]]:
    return {"ledger": ["ledger"], "postgres": ["postgres"], "all": list(used)}


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
    """The two of each pair take turns in going first, for tables grow."""
    async with embedded_stack(attempts, ("--runners", "2")) as ready:
        database = await asyncpg.connect(_database_url(ready.data))
        await load(ready, min(attempts, 1000), None)
        pairs: list[tuple[Load, Load]] = []
        for limits in ((None, LIMIT_USD), (LIMIT_USD, None)):
            done = {limit_usd: await load(ready, attempts, limit_usd) for limit_usd in limits}
            await overshoot(database, done[LIMIT_USD].run_id)
            pairs.append((done[LIMIT_USD], done[None]))
        _print("calls a second", [limited.calls_per_second / free.calls_per_second for limited, free in pairs])
        for part in ("ledger", "postgres", "all"):
            _print(f"CPU per call, {part}", [limited.cpu_ms[part] / free.cpu_ms[part] for limited, free in pairs])
        print("and calls for which the limit does not suffice:")
        await overshoot(database, (await load(ready, attempts, LIMIT_USD, HIGHER_PRICE)).run_id)
        await database.close()


def _print(what: str, ratios: Sequence[float]) -> None:
    each = ", ".join(f"{100 * ratio:.0f} %" for ratio in ratios)
    print(f"{what}, with a limit, of that without: {100 * mean(ratios):.0f} % ({each})")


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
