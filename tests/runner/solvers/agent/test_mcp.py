"""Tools of MCP servers, in the sandbox and at allowed URLs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from assay.artifacts import pack
from assay.catalog import make_bundles
from assay.catalog.tasks.bundles import public_task
from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import encode
from assay.contracts.models import ModelSpec, Parameters, ToolCalls
from assay.contracts.tail import StepKind
from assay.contracts.tasks import Limits, McpServer
from assay.contracts.verdicts import Outcome
from assay.sandbox import open_sandbox_provider
from services.runner.handlers import on_ticket
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import SUBMIT, RunnerHarness, queue_calls, read_transcript, tool_results
from tests.runner.solvers.agent.http_mcp_server import serve_mcp

NAMES = [f"shop__{name}" for name in ("add", "fail", "refuse", "ask_back", "draw", "sleep", "talk", "die")]
DIED = "it exited with code 3: out of stock"


def shop(tool: str, **arguments: Any) -> tuple[str, str]:
    return f"shop__{tool}", json.dumps(arguments)


async def run_attempt(
    runner: RunnerHarness,
    server: McpServer | None = None,
    allowed: tuple[str, ...] = (),
    call_seconds: float = 60.0,
    **changes: Any,
) -> AttemptExecuted:
    """Runs the task ``mcp_tools``, with ``server`` instead of its own; a call may take ``call_seconds``."""
    limits = structs.replace(Limits(wall_seconds=60.0, max_tokens=100, turns=9), **changes)
    ticket = await runner.ticket("mcp_tools", "stub/m-1", limits=limits)
    task = runner.catalog.find_task("mcp_tools")
    public_form = public_task(task)
    sandbox = structs.replace(public_form.sandbox, wall_seconds=call_seconds)
    changed = structs.replace(public_form, sandbox=sandbox, mcp=public_form.mcp if server is None else (server,))
    public = await runner.stores["public"].put(pack({**make_bundles(task).public, "task.json": encode(changed)}))
    return await on_ticket(structs.replace(ticket, public=public), replace(runner.ports, mcp_urls=allowed))


async def check_every_answer(runner: RunnerHarness, endpoint: FakeEndpoint, report: AttemptExecuted) -> None:
    assert (report.outcome, report.reason) == (None, "")
    offered = endpoint.bodies[0]["tools"]
    assert [tool["function"]["name"] for tool in offered] == ["bash", "submit", *NAMES]
    assert offered[2]["function"]["parameters"]["properties"]["numbers"]["type"] == "array"
    steps = [step for step in await read_transcript(runner, report) if step.kind is StepKind.RESULT]
    assert [(step.text, step.failed) for step in steps[:6]] == [
        ("6", False),
        ("the shop is closed", True),
        ("error: not for you (-32602)", True),
        ('{"asked":"ask back"}', False),
        ("[image: image/png, which cannot be shown]\ndrawn", False),
        (
            "error: the arguments are not a JSON object: not a valid dict: JSON is malformed: "
            "invalid character (byte 0)",
            True,
        ),
    ]
    assert 12_000 < len(steps[6].text) < 12_100, "long results are cut"


EVERY = (
    (shop("add", numbers=[1, 2, 3]), shop("fail"), shop("refuse")),
    (shop("ask_back"), shop("draw"), ("shop__add", "what?"), shop("talk")),
)


async def test_the_model_can_use_a_server_in_the_sandbox(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, *EVERY, (SUBMIT,))
    report = await run_attempt(runner)
    await check_every_answer(runner, endpoint, report)


@pytest.mark.parametrize("events", [True, False], ids=["events", "json"])
async def test_the_model_can_use_a_server_at_an_allowed_url(
    runner: RunnerHarness, endpoint: FakeEndpoint, events: bool
) -> None:
    queue_calls(endpoint, *EVERY, (SUBMIT,))
    with serve_mcp() as remote:
        remote.events = events
        report = await run_attempt(runner, McpServer(name="shop", url=remote.url), (remote.url,))
        await check_every_answer(runner, endpoint, report)
        assert remote.ended == ["s-1"]
        assert [message["method"] for message in remote.messages[:5]] == [
            "initialize",
            "notifications/initialized",
            *["tools/list"] * 3,
        ]
        assert all(headers["mcp-session-id"] == "s-1" for headers in remote.headers_seen[1:])
        if events:
            replies = [message for message in remote.messages if "method" not in message]
            assert [("result" in reply, "error" in reply) for reply in replies] == [(True, False), (False, True)]


async def test_server_tools_can_be_called_in_text(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(text='{"tool": "shop__add", "arguments": {"numbers": [20, 22]}}'))
    endpoint.default = Reply(text='{"tool": "submit"}')
    ticket = await runner.ticket("mcp_tools", "stub/m-1", limits=Limits(wall_seconds=60.0, max_tokens=100, turns=9))
    model = ModelSpec(name="stub/m-1", parameters=Parameters(tools=ToolCalls.TEXT))
    report = await on_ticket(structs.replace(ticket, model=model), runner.ports)
    assert (await tool_results(runner, report))[0] == "42"
    assert "shop__add: Adds numbers." in endpoint.bodies[0]["messages"][-1]["content"]


async def test_tools_of_a_server_that_ended_return_errors(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (shop("die"), shop("add", numbers=[1]), ("bash", '{"command": "echo on"}'), SUBMIT))
    report = await run_attempt(runner)
    assert report.outcome is None
    assert await tool_results(runner, report) == [
        f"error: the MCP server shop has ended ({DIED}); its tools are no longer available",
        "error: this tool is not available: the MCP server shop has ended",
        "on\n[exit code 0]",
        "submitted",
    ]


async def test_a_call_times_out_and_its_late_answer_is_ignored(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, (shop("sleep", seconds=5.5), shop("add", numbers=[1, 1]), SUBMIT))
    report = await run_attempt(runner, call_seconds=5.0)
    assert (await tool_results(runner, report))[:2] == ["error: shop__sleep did not answer within 5 s", "2"]


async def test_calls_to_servers_count_as_tool_calls(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="", calls=(shop("add", numbers=[1]),), finish_reason="tool_calls")
    report = await run_attempt(runner, tool_calls=2)
    assert (report.outcome, report.reason) == (Outcome.LIMIT, "limits.tool_calls: all 2 tool calls used")


async def test_servers_are_restarted_after_a_command_exceeds_a_limit(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    queue_calls(endpoint, (("bash", '{"command": "sleep 30"}'), shop("add", numbers=[1, 2]), SUBMIT))
    report = await run_attempt(runner, call_seconds=5.0)
    cut, added, _ = await tool_results(runner, report)
    assert cut.startswith("[killed: exceeded its wall limit]")
    assert cut.endswith("[this also ended the MCP servers, which were restarted: shop]")
    assert added == "3"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("python3", "-c", "import sys; sys.exit('no shop today')"), "it exited with code 1: no shop today"),
        (("no_such_program",), "it exited with code 127"),
        (("python3", "-c", "print('{}' * 3000000)"), "it sent a message over"),
        (("python3", "-c", 'print(\'{"id": 1, "result": {"protocolVersion": "1"}}\')'), "it uses protocol version '1'"),
    ],
    ids=["ends", "missing", "floods", "old"],
)
async def test_a_server_that_does_not_start_is_an_infrastructure_error(
    runner: RunnerHarness, endpoint: FakeEndpoint, command: tuple[str, ...], reason: str
) -> None:
    report = await run_attempt(runner, McpServer(name="shop", command=command))
    assert report.fault is not None
    assert (report.outcome, report.fault.kind, report.fault.new_try) == (Outcome.INFRA_ERROR, "mcp", True)
    assert f"the MCP server 'shop' does not start: {reason}" in report.reason
    assert endpoint.bodies == [], "no model was called"


ELSEWHERE = "http://127.0.0.1:1/mcp"


@pytest.mark.parametrize(
    "allowed", [(), ("http://127.0.0.1:1/other",), ("http://127.0.0.1:11/mcp",), ("https://127.0.0.1:1/mcp",)]
)
async def test_a_url_that_is_not_allowed_is_not_requested(
    runner: RunnerHarness, endpoint: FakeEndpoint, allowed: tuple[str, ...]
) -> None:
    report = await run_attempt(runner, McpServer(name="shop", url=ELSEWHERE), allowed)
    assert report.fault is not None
    assert (report.outcome, report.fault.kind, report.fault.new_try) == (Outcome.INFRA_ERROR, "task", False)
    assert "ASSAY_MCP_URLS" in report.reason


@pytest.mark.parametrize("status", [307, 500])
async def test_redirects_are_not_followed(runner: RunnerHarness, endpoint: FakeEndpoint, status: int) -> None:
    with serve_mcp() as remote:
        remote.status = status
        report = await run_attempt(runner, McpServer(name="shop", url=remote.url), (remote.url,))
    assert f"answered with status {status}" in report.reason
    assert report.fault is not None and report.fault.kind == "mcp"


async def test_tools_of_a_remote_server_that_went_away_return_errors(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    queue_calls(endpoint, (shop("add", numbers=[1]), shop("add", numbers=[2]), shop("add", numbers=[3]), SUBMIT))
    with serve_mcp() as remote:
        remote.calls = 1
        report = await run_attempt(runner, McpServer(name="shop", url=remote.url), (remote.url.removesuffix("/mcp"),))
    first, gone, refused, _ = await tool_results(runner, report)
    assert first == "1"
    reason = f"{remote.url} answered with status 404"
    assert gone == f"error: the MCP server shop has ended ({reason}); its tools are no longer available"
    assert refused == "error: this tool is not available: the MCP server shop has ended"


@pytest.mark.docker
async def test_the_model_can_use_a_server_in_a_container(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, *EVERY, (SUBMIT,))
    runner.ports = replace(runner.ports, sandboxes=open_sandbox_provider("docker"))
    await check_every_answer(runner, endpoint, await run_attempt(runner))
