"""Throughput of all four services with durable storage and a model that answers at once.

``python -m bench spine [--attempts 2000]`` starts the embedded stack in a temporary folder and prints attempts per
second, CPU seconds per attempt, resident bytes per process, and the time from a judge's report to a WebSocket client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from statistics import quantiles

import httpx2
import msgspec
import websockets

from assay.bus.nats.bus import connect
from assay.bus.settings import BusSettings
from bench.embedded_stack import embedded_stack
from bench.process_usage import ProcessUsage, read_tree


async def watch(url: str, run_id: str, finished: dict[str, float]) -> None:
    """Record when each ``attempt.finished`` reaches a WebSocket client; returns when the run ends."""
    live = f"{url.replace('http', 'ws', 1)}/api/v1/live"
    async with websockets.connect(live, max_size=None) as socket_:
        await socket_.send(json.dumps({"type": "subscribe", "topic": f"run:{run_id}"}))
        async for frame in socket_:
            now = time.time()
            message = msgspec.json.decode(frame)
            event = message.get("event", {})
            if event.get("type") == "attempt.finished":
                finished.setdefault(event["subject"], now)
            if event.get("type") == "run.finished" or _is_finished(message):
                return


def _is_finished(message: dict[str, object]) -> bool:
    data = message.get("data")
    return isinstance(data, dict) and data.get("run", {}).get("status") == "finished"  # pyright: ignore


async def record_reports(settings: BusSettings, reported: dict[str, float]) -> None:
    """Record when each verdict is published on the bus."""
    bus = await connect(settings)
    try:
        async with bus.tail.listen("assay.work.report.judge") as reports:
            async for payload in reports:
                now = time.time()
                reported.setdefault(msgspec.json.decode(payload)["attempt_id"], now)
    finally:
        await bus.close()


def print_usage(before: dict[str, ProcessUsage], after: dict[str, ProcessUsage], attempts: int) -> None:
    print(f"{'process':<12} {'CPU ms/attempt':>15} {'RSS MiB':>9}")
    total = 0.0
    for part in sorted(after):
        cpu = after[part].cpu_seconds - before.get(part, ProcessUsage()).cpu_seconds
        total += cpu
        print(f"{part:<12} {1000 * cpu / attempts:>15.2f} {after[part].rss_bytes / 2**20:>9.1f}")
    print(f"{'all':<12} {1000 * total / attempts:>15.2f}")


def print_latency(reported: dict[str, float], finished: dict[str, float]) -> None:
    both = sorted(finished[attempt] - reported[attempt] for attempt in finished.keys() & reported.keys())
    if len(both) > 1:
        cuts = quantiles(both, n=100)
        print(f"report to WebSocket client: p50 {1000 * cuts[49]:.0f} ms, p99 {1000 * cuts[98]:.0f} ms (n={len(both)})")


async def measure(url: str, supervisor_pid: int, bus: BusSettings, attempts: int) -> None:
    reported, finished = dict[str, float](), dict[str, float]()
    recording = asyncio.create_task(record_reports(bus, reported))
    await asyncio.sleep(0.5)
    before = read_tree(supervisor_pid)
    body = {"tasks": ["echo"], "models": ["stub/echo"], "samples": attempts, "name": "bench"}
    started = time.monotonic()
    async with httpx2.AsyncClient(timeout=60) as client:
        response = await client.post(f"{url}/api/v1/runs", json=body)
        response.raise_for_status()
        run_id = response.json()["run_id"]
        submitted = time.monotonic()
        await asyncio.wait_for(watch(url, run_id, finished), 600)
        seconds = time.monotonic() - started
        run = (await client.get(f"{url}/api/v1/runs/{run_id}")).json()
    after = read_tree(supervisor_pid)
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)
    print(f"attempts: {attempts}, outcomes: {run['progress']['outcomes']}")
    print(f"submit: {submitted - started:.2f} s, run: {seconds:.2f} s, {attempts / seconds:.0f} attempts/s")
    print_usage(before, after, attempts)
    print_latency(reported, finished)


async def run_benchmark(attempts: int, arguments: Sequence[str]) -> None:
    async with embedded_stack(attempts, arguments) as stack:
        await measure(stack.url, stack.supervisor_pid, stack.bus, attempts)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=2000)
    options, rest = parser.parse_known_args(arguments)
    asyncio.run(run_benchmark(options.attempts, rest))


if __name__ == "__main__":
    main()
