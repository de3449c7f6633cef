"""Simulated workers against the real ledger, NATS and Postgres.

``python -m bench scale [--runners 1000] [--judges 100] [--minutes 10]`` runs a load of attempts that take no work, and
measures the load of heartbeats and claims, the CPU of each service, and how long it takes until the attempts of workers
that died are ordered again. bench/README.md and docs/scale.md have results.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx2
import psutil

from assay.bus.nats.bus import connect
from bench.embedded_stack import Stack, embedded_stack, login, process
from bench.process_usage import ProcessUsage, read_tree

_WARM_UP_SECONDS = 25.0
_VERBS = ("workers.heartbeat", "attempts.claim")
_PER_PROCESS = 125
_METRIC = re.compile(r'^assay_(rpc|leader_task)_duration_seconds_(count|sum){\w+="(.+)"} (\S+)$')
_OCCUPIED = '{"memory_mb": 100000000}'
"""A reserve that no host has, with which the stack's own workers take no work."""

Numbers = dict[tuple[str, str], float]
"""By verb or task, and ``count`` or ``sum``."""


async def read_metrics(port: int) -> Numbers:
    async with httpx2.AsyncClient(timeout=30) as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    found = filter(None, map(_METRIC.match, text.splitlines()))
    return {(each[3], each[2]): float(each[4]) for each in found}


async def time_until_requeued(stack: Stack, name: str, times: list[float]) -> None:
    """Record when each attempt is requeued because a lease of these workers expired."""
    bus = await connect(replace(stack.bus, connect_timeout_seconds=60.0))
    try:
        async with bus.facts.listen("assay.evt.v1.*.attempt.requeued.*") as facts:
            async for fact in facts:
                if f"lease of worker {name}-".encode() in fact.payload:
                    times.append(time.monotonic())
    finally:
        await bus.close()


async def submit(stack: Stack, attempts: int) -> str:
    body = {"tasks": ["echo"], "models": ["oracle"], "samples": attempts, "name": "scale"}
    async with httpx2.AsyncClient(base_url=f"{stack.url}/api/v1", timeout=120) as client:
        response = await client.post("/runs", json=body)
        response.raise_for_status()
        return str(response.json()["run_id"])


async def progress(stack: Stack, run_id: str) -> dict[str, int]:
    async with httpx2.AsyncClient(base_url=f"{stack.url}/api/v1", timeout=60) as client:
        return (await client.get(f"/runs/{run_id}")).raise_for_status().json()["progress"]


async def ungraded(stack: Stack, run_id: str) -> list[str]:
    """Why attempts ended without a grade, and how many for each cause."""
    async with httpx2.AsyncClient(base_url=f"{stack.url}/api/v1", timeout=60) as client:
        causes = (await client.get(f"/runs/{run_id}/causes")).raise_for_status().json()["items"]
    return [f"{cause['attempts']} {cause['outcome']}: {cause['reason']}" for cause in causes]


def workers(stack: Stack, name: str, runners: int, judges: int, options: argparse.Namespace) -> tuple[str, ...]:
    numbers = (str(runners), str(judges), str(options.slots), str(options.seconds))
    passwords = [login(stack.data / "nats", user).password for user in ("runner", "judge")]
    return (sys.executable, "-m", "bench.scale.workers", stack.bus.url, *passwords, name, *numbers)


def shares(total: int, parts: int) -> list[int]:
    return [total // parts + (part < total % parts) for part in range(parts)]


async def simulate(stack: Stack, options: argparse.Namespace, metrics_port: int) -> None:
    run_id = await submit(stack, options.attempts)
    dying = max(1, options.runners // 50)
    parts = -(-(options.runners - dying) // _PER_PROCESS)
    times: list[float] = []
    listening = asyncio.create_task(time_until_requeued(stack, "victim", times))
    async with AsyncExitStack() as exits:
        of_parts = zip(shares(options.runners - dying, parts), shares(options.judges, parts), strict=True)
        running = [
            await exits.enter_async_context(process(*workers(stack, f"part{n}", runners, judges, options)))
            for n, (runners, judges) in enumerate(of_parts)
        ]
        victim = await exits.enter_async_context(process(*workers(stack, "victim", dying, 0, options)))
        await asyncio.sleep(_WARM_UP_SECONDS)
        done, began = (await progress(stack, run_id))["done"], time.monotonic()
        numbers, usage = await read_metrics(metrics_port), read_tree(stack.supervisor_pid)
        clients = [psutil.Process(each.pid) for each in running]
        client_cpu = sum(sum(each.cpu_times()[:2]) for each in clients)
        await asyncio.sleep(options.minutes * 30)
        victim.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        await asyncio.sleep(options.minutes * 30)
        seconds = time.monotonic() - began
        after = await read_metrics(metrics_port), read_tree(stack.supervisor_pid)
        client_cpu = sum(sum(each.cpu_times()[:2]) for each in clients) - client_cpu
        now, causes = await progress(stack, run_id), await ungraded(stack, run_id)
        listening.cancel()
        print(f"{options.runners} runners of {options.slots} slots, {options.judges} judges, {seconds:.0f} s")
        print(f"attempts: {(now['done'] - done) / seconds:.1f}/s; {now}")
        print("without a grade:", *causes, sep="\n  ")
        print_rates(numbers, after[0], seconds)
        print_cpu(usage, after[1], seconds)
        print(f"simulated workers: {client_cpu / seconds:.3f} cores")
        waits = sorted(moment - killed for moment in times if moment > killed)
        if waits:
            print(
                f"{len(waits)} attempts of {dying} dead runners ordered again after {waits[0]:.1f} to {waits[-1]:.1f} s"
            )


def print_rates(before: Numbers, after: Numbers, seconds: float) -> None:
    print(f"{'request or task':<24} {'per second':>10} {'mean ms':>8} {'busy':>6}")
    for name in sorted({name for name, _ in after}, key=lambda name: (name not in _VERBS, name)):
        count = after[name, "count"] - before.get((name, "count"), 0.0)
        total = after[name, "sum"] - before.get((name, "sum"), 0.0)
        if count:
            print(f"{name:<24} {count / seconds:>10.1f} {1000 * total / count:>8.2f} {total / seconds:>6.2f}")


def print_cpu(before: dict[str, ProcessUsage], after: dict[str, ProcessUsage], seconds: float) -> None:
    for part in sorted(after):
        cores = (after[part].cpu_seconds - before.get(part, ProcessUsage()).cpu_seconds) / seconds
        print(f"{part:<12} {cores:>6.3f} cores {after[part].rss_bytes / 2**20:>7.0f} MiB")


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser("bench scale")
    parser.add_argument("--runners", type=int, default=1000)
    parser.add_argument("--judges", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60.0, help="the mean duration of an attempt")
    parser.add_argument("--attempts", type=int, default=50_000)
    options = parser.parse_args(arguments)
    metrics_port = 20_000 + os.getpid() % 10_000  # below those that the system gives to clients; the next ones follow
    os.environ |= {"ASSAY_METRICS_PORT": str(metrics_port), "ASSAY_RESERVE": _OCCUPIED}

    async def run() -> None:
        async with embedded_stack(options.attempts) as stack:
            await simulate(stack, options, metrics_port)

    asyncio.run(run())
