"""The cost of a money limit, and that it is kept: the same load of priced calls with and without a limit.

``python -m bench limit [--attempts 10000]``: 64 slots in two runners, with a limit of $0.01 that just suffices for
10,000 calls, and without; then a load for which it does not suffice. The highest amount ever committed is computed by
replaying all transfers.
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
from bench.process_usage import ProcessUsage, read_tree
from bench.throughput import watch

LIMIT_USD = "0.01"
LIMIT_NANOUSD = 10_000_000
PRICE, HIGHER_PRICE = "0.075", "0.1"
"""USD per million tokens. A call takes about 12 tokens, so 10,000 calls fit the limit at the first price only."""

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
class Measurement:
    """Calls per second, and CPU milliseconds per call by component."""

    run_id: str
    calls_per_second: float
    cpu_ms: dict[str, float]


async def measure(stack: Stack, attempts: int, limit_usd: str | None, price: str = PRICE) -> Measurement:
    body: dict[str, Any] = {
        "tasks": ["echo"],
        "models": ["priced/echo"],
        "prices": {"priced/echo": {"input_usd_per_mtok": price, "output_usd_per_mtok": price}},
        "samples": attempts,
        "limits": {"cost_usd": limit_usd},
        "partial": True,
    }
    before = read_tree(stack.supervisor_pid)
    async with httpx2.AsyncClient(timeout=60) as client:
        response = await client.post(f"{stack.url}/api/v1/runs", json=body)
        response.raise_for_status()
        run_id = str(response.json()["run_id"])
        started = time.monotonic()
        await asyncio.wait_for(watch(stack.url, run_id, {}), 900)
        seconds = time.monotonic() - started
        progress = (await client.get(f"{stack.url}/api/v1/runs/{run_id}")).json()["progress"]
    after = read_tree(stack.supervisor_pid)
    calls = sum(count for outcome, count in progress["outcomes"].items() if outcome != "limit")
    used = {part: after[part].cpu_seconds - before.get(part, ProcessUsage()).cpu_seconds for part in after}
    cpu_ms = {
        part: 1000 * sum(used[process] for process in processes) / calls for part, processes in _parts(used).items()
    }
    print(
        f"limit {limit_usd}: {progress['outcomes']}, {progress['cost_usd']} USD, {calls / seconds:.0f} calls/s;",
        end=" ",
    )
    print("CPU ms per call:", ", ".join(f"{part} {ms:.2f}" for part, ms in cpu_ms.items()), flush=True)
    return Measurement(run_id=run_id, calls_per_second=calls / seconds, cpu_ms=cpu_ms)


def _parts(used: Iterable[str]) -> dict[str, list[str]]:
    return {"ledger": ["ledger"], "postgres": ["postgres"], "all": list(used)}


async def print_excess(database: asyncpg.Connection, run_id: str) -> None:
    account = f"run:{run_id}"
    highest = int(await database.fetchval(_REPLAY, account) or 0)
    balance = await database.fetchrow(_BALANCE, account)
    receipts = await database.fetchval(_RECEIPTS, run_id)
    assert balance is not None
    print(f"highest committed amount (posted + held): {highest} of {LIMIT_NANOUSD} nano-USD, excess", end=" ")
    print(f"{max(0, highest - LIMIT_NANOUSD)}; receipts {receipts}, balance {balance['posted_nanousd']}", end=" ")
    print(f"({balance['held_nanousd']} held)")


async def run_benchmark(attempts: int) -> None:
    """The order within pairs alternates, because tables grow."""
    async with embedded_stack(attempts, ("--runners", "2")) as stack:
        database = await asyncpg.connect(_database_url(stack.data))
        await measure(stack, min(attempts, 1000), None)
        pairs: list[tuple[Measurement, Measurement]] = []
        for limits in ((None, LIMIT_USD), (LIMIT_USD, None)):
            done = {limit_usd: await measure(stack, attempts, limit_usd) for limit_usd in limits}
            await print_excess(database, done[LIMIT_USD].run_id)
            pairs.append((done[LIMIT_USD], done[None]))
        _print_ratios("calls per second", [limited.calls_per_second / free.calls_per_second for limited, free in pairs])
        for part in ("ledger", "postgres", "all"):
            _print_ratios(
                f"CPU per call, {part}", [limited.cpu_ms[part] / free.cpu_ms[part] for limited, free in pairs]
            )
        print("calls that exceed the limit:")
        await print_excess(database, (await measure(stack, attempts, LIMIT_USD, HIGHER_PRICE)).run_id)
        await database.close()


def _print_ratios(quantity: str, ratios: Sequence[float]) -> None:
    each = ", ".join(f"{100 * ratio:.0f} %" for ratio in ratios)
    print(f"{quantity} with a limit, relative to without: {100 * mean(ratios):.0f} % ({each})")


def _database_url(data: Path) -> str:
    """The stack's Postgres, by its socket."""
    lines = (data / "postgres" / "postmaster.pid").read_text().split("\n")
    return f"postgresql://postgres@/postgres?host={lines[4]}&port={lines[3]}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=10_000)
    asyncio.run(run_benchmark(parser.parse_known_args(arguments)[0].attempts))


if __name__ == "__main__":
    main()
