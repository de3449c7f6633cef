"""Streamed answers to a program: forwarded as they arrive, and cut off if the provider breaks off."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec import structs

from assay.artifacts import pack
from assay.catalog import make_bundles
from assay.catalog.tasks.bundles import public_task
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import encode
from assay.contracts.models import CallFault
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from services.runner.handlers import on_ticket
from services.runner.models import Completion
from services.runner.solvers.command.event_stream import EventStream
from services.runner.solvers.command.http import HttpConnection
from tests.fakes.providers.endpoint import USAGE, FakeEndpoint, Reply
from tests.runner.harness import RunnerHarness

PROGRAM = (Path(__file__).parent / "program_streams.py").read_bytes()


async def run_attempt(
    runner: RunnerHarness, answers: str, **limits: Any
) -> tuple[AttemptExecuted, list[dict[str, Any]]]:
    """Returns the report, and what the program saw of each answer."""
    task = runner.catalog.find_task("by_program")
    public = structs.replace(public_task(task), command=("python3", "tools/agent.py", answers))
    files = {**make_bundles(task).public, "task.json": encode(public), "workspace/tools/agent.py": PROGRAM}
    ref = await runner.stores["public"].put(pack(files))
    all_limits = structs.replace(Limits(wall_seconds=30.0, max_tokens=100, turns=9), **limits)
    report = await on_ticket(await runner.ticket("by_program", "stub/m-1", limits=all_limits, public=ref), runner.ports)
    printed = await runner.read(report.artifacts["stdout.txt"]) if "stdout.txt" in report.artifacts else b""
    return report, [json.loads(line) for line in printed.splitlines()]


async def test_text_is_streamed_as_it_arrives(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="one two three four", calls=(("bash", "{}"),), pause_seconds=0.4)
    report, (seen,) = await run_attempt(runner, "a")
    assert (report.outcome, len(report.calls)) == (None, 1)
    assert (seen["text"], seen["done"]) == ("one two three four", True)
    assert seen["pieces"] >= 3
    assert seen["seconds"] >= 0.2
    assert seen["calls"][0]["function"] == {"name": "bash", "arguments": "{}"}
    assert seen["usage"]["total_tokens"] == USAGE["prompt_tokens"] + USAGE["completion_tokens"]
    assert not report.calls[0].estimated


async def test_a_stream_without_text_has_the_tool_calls(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="", calls=(("bash", "{}"),), finish_reason="tool_calls")
    _, (seen,) = await run_attempt(runner, "a")
    assert (seen["text"], seen["done"], len(seen["calls"])) == ("", True, 1)


async def test_a_broken_stream_is_not_the_programs_failure(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="one two three four", break_after=3)
    report, (seen,) = await run_attempt(runner, "a")
    assert not seen["done"]
    assert "one two three four".startswith(seen["text"])
    assert len(endpoint.bodies) == 1, "a partly forwarded answer is not retried"
    assert report.fault is not None
    assert (report.outcome, report.fault.kind) == (Outcome.INFRA_ERROR, CallFault.CONNECTION)
    assert report.calls[0].estimated


async def test_a_program_may_retry_after_a_broken_stream(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(text="one two three four", break_after=3))
    endpoint.default = Reply(text="all of it")
    report, (first, second) = await run_attempt(runner, "ab")
    assert (first["done"], second["done"], second["text"]) == (False, True, "all of it")
    assert (report.outcome, len(report.calls)) == (None, 2)


async def test_a_failure_before_the_first_piece_is_retried(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(status=503, text="busy"))
    report, (seen,) = await run_attempt(runner, "a")
    assert (seen["text"], seen["done"], len(endpoint.bodies)) == ("hello world", True, 2)
    assert report.outcome is None


async def test_a_limit_ends_a_streaming_program(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    report, _ = await run_attempt(runner, "abc", turns=2)
    assert (report.outcome, report.reason) == (Outcome.LIMIT, "limits.turns: all 2 turns used")


@pytest.mark.parametrize("whole", [True, False])
async def test_clients_can_detect_an_incomplete_stream(tmp_path: Path, whole: bool) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = HttpConnection(reader, writer)
        await connection.read_request()
        stream = EventStream(connection, "stub/m-1", 1)
        stream.send_text("half")
        await asyncio.sleep(0.05)
        if whole:
            await stream.finish(Completion(text="half"))
        await stream.close()
        writer.close()

    server = await asyncio.start_unix_server(serve, tmp_path / "s")
    async with server, httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(uds=str(tmp_path / "s"))) as client:
        if whole:
            assert (await client.get("http://model/")).text.endswith("data: [DONE]\n\n")
        else:
            with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
                await client.get("http://model/")
