"""Attempts of agents: their live output and their transcripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from assay.contracts.codec import encode
from assay.contracts.models import Usage
from assay.contracts.runs import RunRequest
from assay.contracts.tail import AgentStep, StepKind, TailKind, TailLine
from assay.contracts.tasks import Limits
from tests.web.scripted_gateway.scripted_runs import ScriptedRuns, now

LIMITS = Limits(wall_seconds=300, tokens=20_000, cost_usd="0.05", tool_calls=40, turns=20)
MODEL = "openai/gpt-4o-mini"
_STARTED_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
_TEST = "\n".join(f"tests/test_totals.py::test_{number} PASSED" for number in range(40))
_TURNS: tuple[tuple[str, str, Any, str, bool], ...] = (
    (
        "First I look around.",
        "bash",
        {"command": "ls -la && git log --oneline"},
        "README.md  invoices.py  tests\n",
        False,
    ),
    ("The tests show the bug.", "bash", {"command": "python -m pytest -q"}, "1 failed, 39 passed\n", True),
    (
        "The discount is subtracted twice.",
        "text_editor",
        {
            "command": "replace",
            "path": "invoices.py",
            "old": "    total -= discount\n    return total - discount\n",
            "new": "    return total - discount\n",
        },
        "replaced once in invoices.py",
        False,
    ),
    ("Now all tests again.", "bash", {"command": "python -m pytest -v"}, f"{_TEST}\n40 passed in 0.31s\n", False),
)


def repair_steps() -> list[AgentStep]:
    """Four turns that find and fix a bug, and one that submits."""
    steps: list[AgentStep] = []
    for turn, (message, tool, arguments, result, failed) in enumerate(_TURNS, start=1):
        _add(steps, turn, StepKind.MESSAGE, message)
        _add(steps, turn, StepKind.CALL, json.dumps(arguments), tool=tool)
        _add(steps, turn, StepKind.RESULT, result, tool=tool, failed=failed)
    _add(steps, 5, StepKind.MESSAGE, "Fixed.")
    _add(steps, 5, StepKind.CALL, "{}", tool="submit")
    _add(steps, 5, StepKind.END, "the model submitted its work")
    return steps


def hostile_steps(evil: str) -> list[AgentStep]:
    """Hostile output of an agent and its tools: ``evil`` everywhere, and a line of a megabyte."""
    steps: list[AgentStep] = []
    _add(steps, 1, StepKind.MESSAGE, evil)
    _add(steps, 1, StepKind.CALL, json.dumps({"command": evil, evil: evil}), tool=evil)
    _add(steps, 1, StepKind.RESULT, f"\x1b[31m{evil}\x1b[0m\r\n{evil}", tool=evil, failed=True)
    _add(steps, 2, StepKind.CALL, '{"command": "cat blob"}', tool="bash")
    _add(steps, 2, StepKind.RESULT, "A" * 1_000_000, tool="bash")
    _add(steps, 2, StepKind.RESULT, "\0\x07" * 60_000, tool="bash")
    return steps


def numbered_steps(steps: int) -> Iterator[AgentStep]:
    kinds = (StepKind.MESSAGE, StepKind.CALL, StepKind.RESULT)
    for number in range(1, steps + 1):
        turn, kind = (number + 2) // 3, kinds[(number - 1) % 3]
        text = json.dumps({"command": f"echo {number}"}) if kind is StepKind.CALL else f"words of step {number}\n" * 6
        yield _step(number, turn, kind, text, tool="" if kind is StepKind.MESSAGE else "bash")


def transcript(steps: Iterable[AgentStep]) -> bytes:
    return b"".join(encode(step) + b"\n" for step in steps)


def tail_lines(attempt_id: str, steps: Iterable[AgentStep]) -> list[TailLine]:
    """Tail lines as a runner sends them: only the end of a long text."""
    lines: list[TailLine] = []
    for step in steps:
        text = f"{step.tool}: {step.text}" if step.kind is StepKind.CALL else step.text
        kind = TailKind.STDOUT if step.kind is StepKind.RESULT else TailKind.STEP
        cut = text[-2000:]
        lines.append(
            TailLine(
                attempt_id=attempt_id,
                token=1,
                kind=kind,
                text=cut,
                time=now(),
                dropped=text.count("\n", 0, len(text) - len(cut)),
                step=replace(step, text=""),
            )
        )
    return lines


def start_attempt(runs: ScriptedRuns) -> str:
    """An attempt of an agent that a runner has just started."""
    scripted = runs.submit(RunRequest(models=(MODEL,), suite="coding", repeats=1))
    attempt_id = scripted.attempts[0].attempt_id
    runs.agent_limits[attempt_id] = LIMITS
    for _ in range(2):
        runs.advance_attempt(scripted, scripted.attempts[0])
    return attempt_id


def finish_attempt(runs: ScriptedRuns, attempt_id: str, transcript: bytes) -> None:
    """Ends the agent and stores its transcript."""
    runs.extra_artifacts[attempt_id] = {"transcript.jsonl": (transcript, "application/jsonl")}
    scripted = runs.by_id[attempt_id.partition("-")[0]]
    runs.advance_attempt(scripted, scripted.attempts[0])


def _add(steps: list[AgentStep], turn: int, kind: StepKind, text: str, *, tool: str = "", failed: bool = False) -> None:
    steps.append(_step(len(steps) + 1, turn, kind, text, tool=tool, failed=failed))


def _step(number: int, turn: int, kind: StepKind, text: str, *, tool: str = "", failed: bool = False) -> AgentStep:
    usage = Usage(input_tokens=900 * turn + 310 * turn, output_tokens=120 * turn)
    return AgentStep(
        number=number,
        turn=turn,
        kind=kind,
        time=_STARTED_AT + timedelta(seconds=1.7 * number),
        text=text,
        tool=tool,
        call_id=f"call-{turn}",
        failed=failed,
        tool_calls=turn - (kind is StepKind.MESSAGE),
        usage=usage,
        cost_nanousd=usage.input_tokens * 150 + usage.output_tokens * 600,
    )
