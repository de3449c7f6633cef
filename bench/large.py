"""A run of 50,000 attempts: how long it takes to submit, pause and cancel, and what it does to a run of 10 beside it.

``python -m bench.large [--attempts 50000]``
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx2

from bench.spine import watch
from bench.stage import Stage, stage

SAMPLES = 1000
SMALL = 10
THINKS_SECONDS = 0.5
"""Of the model, so that it is the slots that are fought for, and not the two cores."""
SPREADS = (0.0, 0.5)
"""Answers that all take the same time free all slots at once, and whoever comes just then waits for the next time."""


class Client:
    def __init__(self, ready: Stage, http: httpx2.AsyncClient) -> None:
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


async def bench(attempts: int, spread: float) -> None:
    print(f"the model answers after {THINKS_SECONDS} s, {100 * spread:.0f} % more or less")
    async with AsyncExitStack() as opened:
        ready = await opened.enter_async_context(stage(SAMPLES, thinks_seconds=THINKS_SECONDS, spread=spread))
        http = await opened.enter_async_context(httpx2.AsyncClient(timeout=60))
        client = Client(ready, http)
        await client.small()
        alone = sorted([await client.small() for _ in range(5)])
        run_id, seconds = await client.submit(SAMPLES, attempts // SAMPLES)
        print(f"submitting {attempts} attempts: {seconds:.2f} s")
        await asyncio.sleep(3)
        beside = sorted([await client.small() for _ in range(5)])
        print(f"a run of {SMALL}: alone {alone[2]:.2f} s, beside the large one {beside[2]:.2f} s", end=" ")
        print(f"({beside[2] / alone[2]:.2f} times)")
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
    attempts = parser.parse_known_args(arguments)[0].attempts
    for spread in SPREADS:
        asyncio.run(bench(attempts, spread))


if __name__ == "__main__":
    main()
