"""The embedded stack for benchmarks, with a catalog of one task and a stub model."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import httpx2

from assay.bus.settings import BusSettings

TASK = """
id: echo
title: Repeat a word
category: bench
difficulty: trivial
solver: answer
instructions: Repeat the last word.
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
    concurrency: CONCURRENCY
    any_model: true
    local: true
  priced:
    kind: openai
    title: Answers at once, at a price
    base_url: BASE_URL
    concurrency: CONCURRENCY
    any_model: true
"""

PRICES = """
versions:
  - from: 2025-01-01
    models:
      priced/*: {input_usd_per_mtok: 0.1, output_usd_per_mtok: 0.1}
"""


def write_catalog(folder: Path, samples: int, base_url: str, concurrency: int = 256) -> None:
    folder.parent.chmod(0o755)  # the stack's Postgres runs as another user and must reach its folder
    task = folder / "tasks" / "echo"
    task.mkdir(parents=True)
    (folder / "suites").mkdir()
    (task / "task.yaml").write_text(TASK)
    lines = ({"sample_id": f"s{n}", "input": f"The word is w{n}", "expected": f"w{n}"} for n in range(samples))
    (task / "samples.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    (folder / "models.yaml").write_text(MODELS.replace("BASE_URL", base_url).replace("CONCURRENCY", str(concurrency)))
    (folder / "prices.yaml").write_text(PRICES)


@asynccontextmanager
async def process(*command: str, **environment: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A child process, in a session of its own, with its standard output as a pipe; stopped with SIGTERM."""
    pipe, env = asyncio.subprocess.PIPE, {**os.environ, **environment}
    child = await asyncio.create_subprocess_exec(*command, stdout=pipe, env=env, start_new_session=True)
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


async def wait_ready(url: str, timeout_seconds: float = 180.0) -> None:
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


def login(nats: Path, user: str = "observer") -> BusSettings:
    """A user's login, from the stack's configuration. The observer may read everything."""
    text = (nats / "nats.conf").read_text() + (nats / "accounts.conf").read_text()
    address, password = re.search(r'listen: "(.+)"', text), re.search(rf'user: "{user}", password: "(.+?)"', text)
    assert address and password
    return BusSettings(url=f"nats://{address[1]}", user=user, password=password[1], name="bench")


@dataclass(frozen=True, kw_only=True)
class Stack:
    url: str
    supervisor_pid: int
    bus: BusSettings
    data: Path


@asynccontextmanager
async def stub_model(answer_seconds: float, spread: float) -> AsyncGenerator[str]:
    """Its address. It answers after ``answer_seconds`` plus or minus a fraction ``spread``."""
    async with process(sys.executable, "-m", "bench.stub_model", str(answer_seconds), str(spread)) as stub:
        assert stub.stdout is not None
        yield (await stub.stdout.readline()).decode().strip()


@asynccontextmanager
async def embedded_stack(
    samples: int,
    arguments: Sequence[str] = (),
    *,
    answer_seconds: float = 0.0,
    spread: float = 0.0,
    model_url: str = "",
    concurrency: int = 256,
    tasks_from: Path | None = None,
) -> AsyncGenerator[Stack]:
    """The stack in a temporary folder, with a task of ``samples`` samples, and those of the catalogue ``tasks_from``.
    The model is at ``model_url``, or else a stub: see ``stub_model``."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        catalog, data, port = Path(folder) / "catalog", Path(folder) / "data", free_port()
        model = nullcontext(model_url) if model_url else stub_model(answer_seconds, spread)
        async with model as base_url:
            write_catalog(catalog, samples, base_url, concurrency)
            if tasks_from:
                shutil.copytree(tasks_from / "tasks", catalog / "tasks", dirs_exist_ok=True)
            up = ("-m", "assay.cli", "up", "--json", "--data", str(data), "--port", str(port), *arguments)
            async with process(sys.executable, *up, ASSAY_CATALOG=str(catalog)) as stack:
                url = f"http://127.0.0.1:{port}"
                await wait_ready(url)
                bus = login(data / "nats")
                yield Stack(url=url, supervisor_pid=stack.pid, bus=bus, data=data)
