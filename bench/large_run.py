"""A run of 50,000 attempts: how long it takes to submit, pause and cancel, and what it does to a run of 10 beside it.

``python -m bench large [--attempts 50000] [--thinks 2 --spread 0.5 --runners 2]``; without options, each of ``LOADS``.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx2

from bench.embedded_stack import Stack, embedded_stack
from bench.throughput import watch

SAMPLES = 1000
SMALL = 10
BESIDE = 5
"""Small runs, one after the other; the median counts."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Each runner has 32 slots; answers come after ``thinks_seconds``, a share of them (``spread``) more or less."""

    thinks_seconds: float = 0.5
    spread: float = 0.0
    runners: int = 1

    def __str__(self) -> str:
        slots = 32 * self.runners
        return f"{slots} slots, answers after {self.thinks_seconds} s, {100 * self.spread:.0f} % more or less"


LOADS = (Load(), Load(spread=0.5), Load(thinks_seconds=2.0, spread=0.5, runners=2))
"""Answers that all take the same time free all slots at once, and whoever comes just then waits for the next time. The
last load is what models that think keep busy: slots, and not processors."""


class Client:
    def __init__(self, ready: Stack, http: httpx2.AsyncClient) -> None:
        self._ready, self._http = ready, http

    async def submit(self, samples: int, repeats: int) -> tuple[str, float]:
        """The run's id, and seconds until it was answered as stored."""
        body: dict[str, Any] = {"tasks": ["echo"], "models": ["stub/echo"], "samples": samples, "repeats": repeats}
        started = time.monotonic()
        answer = (await self._http.post(f"{self._ready.url}/api/v1/runs", json=body)).raise_for_status()
        return str(answer.json()["run_id"]), time.monotonic() - started

    async def small(self) -> float:
        """Seconds that a run of 10 takes from its submission to its end."""
        started = time.monotonic()
        run_id, _ = await self.submit(SMALL, 1)
        await asyncio.wait_for(watch(self._ready.url, run_id, {}), 120)
        return time.monotonic() - started

    async def control(self, run_id: str, verb: str) -> tuple[float, str]:
        """Seconds until it was answered, and the status then."""
        started = time.monotonic()
        answer = (await self._http.post(f"{self._ready.url}/api/v1/runs/{run_id}/{verb}")).raise_for_status()
        return time.monotonic() - started, answer.json()["status"]

    async def ended(self, run_id: str) -> dict[str, Any]:
        while True:
            run = (await self._http.get(f"{self._ready.url}/api/v1/runs/{run_id}")).json()
            if run["status"] in ("finished", "cancelled"):
                return run
            await asyncio.sleep(0.05)


async def bench(attempts: int, load: Load) -> None:
    print(load)
    runners = ("--runners", str(load.runners))
    async with AsyncExitStack() as opened:
        ready = await opened.enter_async_context(
            embedded_stack(SAMPLES, runners, thinks_seconds=load.thinks_seconds, spread=load.spread)
        )
        http = await opened.enter_async_context(httpx2.AsyncClient(timeout=60))
        client = Client(ready, http)
        await client.small()
        alone = [await client.small() for _ in range(BESIDE)]
        run_id, seconds = await client.submit(SAMPLES, attempts // SAMPLES)
        print(f"submitting {attempts} attempts: {seconds:.2f} s")
        await asyncio.sleep(3)
        beside = [await client.small() for _ in range(BESIDE)]
        print(f"a run of {SMALL}: alone {median(alone):.2f} s, beside the large one {median(beside):.2f} s", end=" ")
        print(f"({median(beside) / median(alone):.2f} times)")
        for verb in ("pause", "resume"):
            seconds, status = await client.control(run_id, verb)
            print(f"{verb}: {seconds:.3f} s, then {status}")
        started = time.monotonic()
        seconds, status = await client.control(run_id, "cancel")
        run = await client.ended(run_id)
        print(f"cancel: {seconds:.3f} s, then {status}; all ended after {time.monotonic() - started:.2f} s:", end=" ")
        print(run["progress"]["outcomes"])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=50_000)
    parser.add_argument("--thinks", type=float, help="seconds until the model answers")
    parser.add_argument("--spread", type=float, default=0.0, help="a share of them, more or less")
    parser.add_argument("--runners", type=int, default=1)
    options = parser.parse_known_args(arguments)[0]
    chosen = Load(thinks_seconds=options.thinks or 0.0, spread=options.spread, runners=options.runners)
    for load in LOADS if options.thinks is None else (chosen,):
        asyncio.run(bench(options.attempts, load))


if __name__ == "__main__":
    main()
