"""A storm of 429s over HTTP: a provider that refuses 90 % of the calls for a while, in the middle of a run.

``python -m bench storm [--attempts 1000] [--storm 30]``: one runner, concurrency 8, calls of 0.5 s; the storm begins
after 20 s. Printed are the attempts that failed, the calls per answer, and when the concurrency was back.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx2

from bench.embedded_stack import embedded_stack
from bench.throughput import watch

CONCURRENCY, CALL_SECONDS, CALM_SECONDS = 8, 0.5, 20.0
REFUSED = 0.9


class StormyProvider:
    """``calls`` are times since the first one, each with the number of calls that were being answered, including it."""

    def __init__(self, storm_seconds: float) -> None:
        self.storm_ends = CALM_SECONDS + storm_seconds
        self.calls: list[tuple[float, int]] = []
        self.answered = 0
        self._started: float | None = None
        self._in_flight, self._random = 0, random.Random(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
                await reader.readexactly(length)
                self._in_flight += 1
                try:
                    writer.write(await self._answer())
                finally:
                    self._in_flight -= 1
                await writer.drain()
        writer.close()

    async def _answer(self) -> bytes:
        now = time.monotonic()
        self._started = self._started or now
        at = now - self._started
        self.calls.append((at, self._in_flight))
        await asyncio.sleep(CALL_SECONDS)
        if CALM_SECONDS <= at < self.storm_ends and self._random.random() < REFUSED:
            return _reply(429, {"error": {"message": "slow down", "type": "rate_limit_error"}})
        self.answered += 1
        message = {"role": "assistant", "content": "w1"}
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
        return _reply(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})

    def highest_concurrency(self, begin: float, end: float) -> int:
        return max((count for at, count in self.calls if begin <= at < end), default=0)

    def report(self) -> None:
        during = sum(CALM_SECONDS <= at < self.storm_ends for at, _ in self.calls)
        before = self.highest_concurrency(0, CALM_SECONDS)
        back = next((at for at, count in self.calls if at >= self.storm_ends and count >= before), None)
        per_answer = len(self.calls) / max(1, self.answered)
        print(f"{len(self.calls)} calls for {self.answered} answers, {per_answer:.2f} times")
        again = f"{back - self.storm_ends:.1f} s after it" if back is not None else "never"
        print(f"{during} calls in the storm; concurrency {before} before it, again {again}")


@asynccontextmanager
async def serving(provider: StormyProvider) -> AsyncGenerator[str]:
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


def _reply(status: int, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


async def run_benchmark(attempts: int, storm_seconds: float) -> None:
    provider = StormyProvider(storm_seconds)
    async with serving(provider) as url, embedded_stack(attempts, model_url=url, concurrency=CONCURRENCY) as stack:
        body = {"tasks": ["echo"], "models": ["priced/echo"], "samples": attempts, "parameters": {"stream": False}}
        async with httpx2.AsyncClient(timeout=60) as client:
            response = await client.post(f"{stack.url}/api/v1/runs", json=body)
            response.raise_for_status()
            run_id = str(response.json()["run_id"])
            await asyncio.wait_for(watch(stack.url, run_id, {}), 900)
            progress = (await client.get(f"{stack.url}/api/v1/runs/{run_id}")).json()["progress"]
    graded = sum(progress["outcomes"].get(outcome, 0) for outcome in ("passed", "failed"))
    print(f"{progress['total']} attempts, {progress['total'] - graded} of them not graded")
    provider.report()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench storm", description=__doc__)
    parser.add_argument("--attempts", type=int, default=1000)
    parser.add_argument("--storm", type=float, default=30.0, metavar="SECONDS")
    options = parser.parse_args(arguments)
    asyncio.run(run_benchmark(options.attempts, options.storm))
