"""Solver ``command``: an agent program in a real sandbox, which has only the model socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.money import usd
from assay.contracts.tail import StepKind
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import PRICE, RunnerHarness, queue_calls, read_transcript

FIXED = b"def total(*n): return sum(n)\n"


def bash(command: str) -> tuple[tuple[str, str], ...]:
    return (("bash", json.dumps({"command": command})),)


async def run_attempt(runner: RunnerHarness, **changes: Any) -> AttemptExecuted:
    limits = structs.replace(Limits(wall_seconds=30.0, max_tokens=100, turns=9), **changes)
    return await runner.run_attempt("by_program", "stub/m-1", limits=limits)


async def test_a_program_calls_the_model_and_is_metered(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, bash("cat total.py"), bash("echo 'def total(*n): return sum(n)' > total.py"))
    endpoint.default = Reply(text="Fixed.")
    report = await run_attempt(runner)
    assert (report.outcome, report.reason, len(report.calls)) == (None, "", 3)
    assert await runner.output(report) == {"total.py": FIXED}
    assert b"+def total(*n): return sum(n)\n" in await runner.read(report.artifacts["patch.diff"])
    steps = await read_transcript(runner, report)
    kinds = [StepKind.MESSAGE, StepKind.CALL, StepKind.RESULT] * 2 + [StepKind.MESSAGE, StepKind.END]
    assert [step.kind for step in steps] == kinds
    assert (steps[2].tool, steps[2].call_id, steps[2].text) == (
        "bash",
        "call_0",
        "def total(*numbers):\n    return 0\n",
    )
    assert steps[-1].cost_nanousd == sum(call.cost_nanousd for call in report.calls) > 0
    first, second, _ = endpoint.bodies
    assert first["messages"] == [{"role": "user", "content": "Make total() the sum of its arguments."}]
    assert second["messages"][-1] == {
        "role": "tool",
        "content": "def total(*numbers):\n    return 0\n",
        "tool_call_id": "call_0",
    }
    assert (first["temperature"], first["max_tokens"], len(first["tools"])) == (0.0, 100, 1), (
        "the run's parameters, not the program's"
    )


async def test_a_program_that_prints_too_much_goes_on(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    flood = "yes | head -c 12000000 >&3"
    queue_calls(endpoint, bash(flood), bash("echo 'def total(*n): return sum(n)' > total.py"))
    endpoint.default = Reply(text="Fixed.")
    report = await run_attempt(runner)
    assert (report.outcome, report.reason) == (None, "")
    assert await runner.output(report) == {"total.py": FIXED}
    assert report.artifacts["stdout.txt"].truncated
    kept, note, _ = (await runner.read(report.artifacts["stdout.txt"])).rsplit(b"\n", 2)
    assert len(kept) == 999_999
    assert note == b"[output cut: the first 1,000,000 of 12,000,000 bytes are kept (the task's sandbox.output_bytes)]"


async def test_the_sandbox_has_no_provider_key_and_a_new_token_per_try(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    queue_calls(endpoint, bash("env; ls -R /assay; cat /proc/*/environ | tr '\\0' '\\n'"))
    endpoint.default = Reply(text="Seen.")
    await run_attempt(runner)
    seen = endpoint.bodies[1]["messages"][-1]["content"]
    assert "OPENAI_API_KEY=" in seen
    assert "sk-stub-secret" not in seen
    assert endpoint.url not in seen
    tokens = {line.partition("=")[2] for line in seen.splitlines() if line.startswith("OPENAI_API_KEY=")}
    assert len(tokens) == 1
    await run_attempt(runner)
    assert not any(token in json.dumps(body) for token in tokens for body in endpoint.bodies[3:])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"turns": 2}, "limits.turns: all 2 turns used"),
        ({"tokens": 30}, "limits.tokens: 36 of 30 tokens used"),
        ({"tool_calls": 1}, "limits.tool_calls: all 1 tool calls used"),
    ],
)
async def test_a_limit_ends_the_program(
    runner: RunnerHarness, endpoint: FakeEndpoint, changes: dict[str, Any], reason: str
) -> None:
    endpoint.default = Reply(text="", calls=bash("echo more >> total.py"), finish_reason="tool_calls")
    report = await run_attempt(runner, **changes)
    assert (report.outcome, report.reason, len(report.calls)) == (Outcome.LIMIT, reason, 2)
    assert b"+more" in await runner.read(report.artifacts["patch.diff"])
    assert (await read_transcript(runner, report))[-1].text == reason


async def test_a_provider_error_is_not_the_programs_failure(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(status=401, text="who are you?")
    report = await run_attempt(runner)
    assert report.fault is not None
    assert (report.outcome, report.fault.kind) == (Outcome.INFRA_ERROR, "authentication")


async def test_a_failing_program_is_an_agent_error(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(text="", calls=(("bash", "no json"),), finish_reason="tool_calls")
    report = await run_attempt(runner)
    assert report.outcome is Outcome.AGENT_ERROR
    assert report.reason.startswith("the program exited with code 1: json.decoder.JSONDecodeError")
    assert b"Traceback" in await runner.read(report.artifacts["stderr.txt"])


async def test_the_wall_clock_limit_ends_the_program(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, bash("sleep 20"))
    report = await run_attempt(runner, wall_seconds=5.0)
    assert (report.outcome, report.reason) == (Outcome.TIMEOUT, "limits.wall_seconds: timed out after 5 s")
    assert (await read_transcript(runner, report))[-1].text == report.reason


async def test_the_cost_limit_ends_the_program_before_it_is_exceeded(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(text="", calls=bash("echo more >> total.py"), finish_reason="tool_calls")
    endpoint.default.usage = {"prompt_tokens": 900, "completion_tokens": 7, "total_tokens": 907}
    worst = PRICE.worst_case(input_tokens=3_000, output_tokens=100)
    report = await run_attempt(runner, cost_usd=usd(worst))
    assert report.outcome is Outcome.LIMIT
    assert report.reason.startswith("limits.cost_usd: $")
    assert 0 < sum(call.cost_nanousd for call in report.calls) <= worst


PROBE = """python3 - <<'PYTHON'
import contextlib, os, socket
def ask(text):
    link = socket.socket(socket.AF_UNIX)
    link.connect(os.environ["ASSAY_MODEL_SOCKET"])
    with contextlib.suppress(BrokenPipeError):  # the response may come before all is sent
        link.sendall(text.encode())
    return link.recv(1000).decode().split(" ")[1]
token = "Authorization: Bearer " + os.environ["OPENAI_API_KEY"]
end = "\\r\\n"
host = "Host: model" + end
post = "POST /v1/chat/completions HTTP/1.1" + end + host
print(
    ask("GET /v1/models HTTP/1.1" + end + host + token + end + end),
    ask("GET /v1/models HTTP/1.1" + end + host + end),
    ask("GET /v1/keys HTTP/1.1" + end + host + token + end + end),
    ask("nonsense" + end + end),
    ask(post + token + end + "Content-Length: 2" + end + end + "{}"),
    ask(post + token + end + "Content-Length: 99999999" + end + end),
    ask(post + "X: " + "y" * 200000),
)
PYTHON"""


async def test_every_request_gets_a_response(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    queue_calls(endpoint, bash(PROBE))
    endpoint.default = Reply(text="Seen.")
    report = await run_attempt(runner)
    assert (report.outcome, len(report.calls)) == (None, 2)
    assert endpoint.bodies[1]["messages"][-1]["content"] == "200 401 404 400 400 413 431\n"
