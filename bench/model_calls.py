"""The CPU time that the runner's model client takes for a call, against an endpoint in another process.

``python -m bench calls [--calls 2000]`` prints the minimum and the median over rounds, for streamed and whole replies.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from statistics import median

from assay.contracts.models import Parameters
from bench.embedded_stack import process
from services.runner.models import ChatMessage, Model, ModelRequest
from services.runner.models.openai.client import open_client
from services.runner.models.provider_client import Connection

ROUNDS = 10
_PROMPT = (ChatMessage(role="user", content="Answer with the one word: ready"),)
_KINDS = {"streamed": Parameters(max_tokens=50), "whole": Parameters(max_tokens=50, stream=False)}


async def measure(calls: int) -> None:
    async with process(sys.executable, "-m", "bench.stub_model") as stub:
        assert stub.stdout is not None
        url = (await stub.stdout.readline()).decode().strip()
        client = open_client(Connection(base_url=url, api_key="sk-none"))
        model = client.model("echo")
        for name, parameters in _KINDS.items():
            times = [await cpu_ms_per_call(model, parameters, calls // ROUNDS) for _ in range(ROUNDS)]
            print(f"{name}: {min(times):.3f} ms of CPU per call at least, median {median(times):.3f}", flush=True)
        await client.close()
        stub.kill()


async def cpu_ms_per_call(model: Model, parameters: Parameters, calls: int) -> float:
    request = ModelRequest(messages=_PROMPT, parameters=parameters)
    started = time.process_time()
    for _ in range(calls):
        await model.complete(request, lambda _: None)
    return (time.process_time() - started) * 1000 / calls


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench calls")
    parser.add_argument("--calls", type=int, default=2000, help="of each kind")
    asyncio.run(measure(parser.parse_args(arguments).calls))
