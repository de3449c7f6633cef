"""How fast a run goes through all four services, with durable storage, when the model takes no time.

``python -m bench.spine [--attempts 2000]`` starts the embedded stack on a folder of its own and prints attempts per
second, CPU seconds per attempt, resident bytes per process, and the time from a judge's report to a WebSocket client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles

import httpx2
import msgspec
import websockets

from assay.bus.jetstream import connect
from assay.bus.settings import BusSettings
from bench.processes import Reading, read_tree

TASK = """
id: echo
title: Say a word again
category: bench
difficulty: trivial
solver: answer
instructions: Say the last word again.
noop_answer: ""
limits: {wall_seconds: 30, max_tokens: 8}
checks:
  - kind: exact
"""

MODELS = """
providers:
  stub:
    kind: openai
    title: Answers at once
    base_url: BASE_URL
    concurrency: 256
    any_model: true
    local: true
"""


def write_catalog(folder: Path, samples: int, base_url: str) -> None:
    folder.parent.chmod(0o755)  # the stack's Postgres runs as another user and must get at its folder
    task = folder / "tasks" / "echo"
    task.mkdir(parents=True)
    (folder / "suites").mkdir()
    (task / "task.yaml").write_text(TASK)
    lines = ({"sample_id": f"s{n}", "input": f"The word is w{n}", "expected": f"w{n}"} for n in range(samples))
    (task / "samples.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    (folder / "models.yaml").write_text(MODELS.replace("BASE_URL", base_url))


@asynccontextmanager
async def process(*command: str, **environment: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A child with its standard output as a pipe, ended with SIGTERM."""
    pipe, env = asyncio.subprocess.PIPE, {**os.environ, **environment}
    child = await asyncio.create_subprocess_exec(*command, stdout=pipe, env=env)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def wait_ready(url: str, timeout_seconds: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_seconds
    async with httpx2.AsyncClient() as client:
        while time.monotonic() < deadline:
            try:
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise SystemExit(f"the stack at {url} was not ready within {timeout_seconds} s")


async def watch(url: str, run_id: str, finished: dict[str, float]) -> None:
    """Note when each ``attempt.finished`` reaches a WebSocket client; ends with the run."""
    live = f"{url.replace('http', 'ws', 1)}/api/v1/live"
    async with websockets.connect(live, max_size=None) as socket_:
        await socket_.send(json.dumps({"type": "subscribe", "topic": f"run:{run_id}"}))
        async for frame in socket_:
            heard = time.time()
            message = msgspec.json.decode(frame)
            event = message.get("event", {})
            if event.get("type") == "attempt.finished":
                finished.setdefault(event["subject"], heard)
            if event.get("type") == "run.finished" or _over(message):
                return


def _over(message: dict[str, object]) -> bool:
    data = message.get("data")
    return isinstance(data, dict) and data.get("run", {}).get("status") == "finished"  # pyright: ignore


async def tap(settings: BusSettings, reported: dict[str, float]) -> None:
    """Note when each verdict's report is put on the bus."""
    bus = await connect(settings)
    try:
        async with bus.tail.listen("assay.work.report.judge") as reports:
            async for payload in reports:
                heard = time.time()
                reported.setdefault(msgspec.json.decode(payload)["attempt_id"], heard)
    finally:
        await bus.close()


def observer(conf: Path) -> BusSettings:
    """The login of the user that may hear everything, from the stack's own file."""
    text = conf.read_text()
    address, password = re.search(r'listen: "(.+)"', text), re.search(r'user: "observer", password: "(.+?)"', text)
    assert address and password
    return BusSettings(url=f"nats://{address[1]}", user="observer", password=password[1], name="bench")


def print_parts(before: dict[str, Reading], after: dict[str, Reading], attempts: int) -> None:
    print(f"{'process':<12} {'CPU ms/attempt':>15} {'RSS MiB':>9}")
    total = 0.0
    for part in sorted(after):
        cpu = after[part].cpu_seconds - before.get(part, Reading()).cpu_seconds
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
    tapping = asyncio.create_task(tap(bus, reported))
    await asyncio.sleep(0.5)
    before = read_tree(supervisor_pid)
    body = {"tasks": ["echo"], "models": ["stub/echo"], "samples": attempts, "name": "bench"}
    started = time.monotonic()
    async with httpx2.AsyncClient(timeout=60) as client:
        answer = await client.post(f"{url}/api/v1/runs", json=body)
        answer.raise_for_status()
        run_id = answer.json()["run_id"]
        submitted = time.monotonic()
        await asyncio.wait_for(watch(url, run_id, finished), 600)
        seconds = time.monotonic() - started
        run = (await client.get(f"{url}/api/v1/runs/{run_id}")).json()
    after = read_tree(supervisor_pid)
    tapping.cancel()
    await asyncio.gather(tapping, return_exceptions=True)
    print(f"attempts: {attempts}, outcomes: {run['progress']['outcomes']}")
    print(f"submit: {submitted - started:.2f} s, run: {seconds:.2f} s, {attempts / seconds:.0f} attempts/s")
    print_parts(before, after, attempts)
    print_latency(reported, finished)


async def bench(attempts: int, arguments: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        catalog, data, port = Path(folder) / "catalog", Path(folder) / "data", free_port()
        async with process(sys.executable, "-m", "bench.stub") as stub:
            assert stub.stdout is not None
            base_url = (await stub.stdout.readline()).decode().strip()
            write_catalog(catalog, attempts, base_url)
            up = ("-m", "assay.cli", "up", "--json", "--data", str(data), "--port", str(port), *arguments)
            async with process(sys.executable, *up, ASSAY_CATALOG=str(catalog)) as stack:
                url = f"http://127.0.0.1:{port}"
                await wait_ready(url)
                await measure(url, stack.pid, observer(data / "nats" / "nats.conf"), attempts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=2000)
    options, rest = parser.parse_known_args()
    asyncio.run(bench(options.attempts, rest))


if __name__ == "__main__":
    main()
