"""Attempts of agents: what they say while they work, and the transcripts they leave."""

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
from tests.web.scripted_gateway.scripted_runs import Play, now

LIMITS = Limits(wall_seconds=300, tokens=20_000, cost_usd="0.05", tool_calls=40, turns=20)
MODEL = "openai/gpt-4o-mini"
_BEGUN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
_TEST = "\n".join(f"tests/test_totals.py::test_{number} PASSED" for number in range(40))
_TURNS: tuple[tuple[str, str, Any, str, bool], ...] = (
    (
        "I look around first.",
        "bash",
        {"command": "ls -la && git log --oneline"},
        "README.md  invoices.py  tests\n",
        False,
    ),
    ("The tests tell what is wrong.", "bash", {"command": "python -m pytest -q"}, "1 failed, 39 passed\n", True),
    (
        "The discount is taken off twice.",
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
    ("Now all of them again.", "bash", {"command": "python -m pytest -v"}, f"{_TEST}\n40 passed in 0.31s\n", False),
)


def repair() -> list[AgentStep]:
    """Four turns that find a fault and mend it, and one that hands in."""
    found: list[AgentStep] = []
    for turn, (said, tool, arguments, result, failed) in enumerate(_TURNS, start=1):
        _add(found, turn, StepKind.MESSAGE, said)
        _add(found, turn, StepKind.CALL, json.dumps(arguments), tool=tool)
        _add(found, turn, StepKind.RESULT, result, tool=tool, failed=failed)
    _add(found, 5, StepKind.MESSAGE, "It is mended.")
    _add(found, 5, StepKind.CALL, "{}", tool="submit")
    _add(found, 5, StepKind.END, "the model submitted its work")
    return found


def hostile(evil: str) -> list[AgentStep]:
    """What an agent may say and a tool may print to harm its reader: ``evil`` everywhere, and a line of a megabyte."""
    found: list[AgentStep] = []
    _add(found, 1, StepKind.MESSAGE, evil)
    _add(found, 1, StepKind.CALL, json.dumps({"command": evil, evil: evil}), tool=evil)
    _add(found, 1, StepKind.RESULT, f"\x1b[31m{evil}\x1b[0m\r\n{evil}", tool=evil, failed=True)
    _add(found, 2, StepKind.CALL, '{"command": "cat blob"}', tool="bash")
    _add(found, 2, StepKind.RESULT, "A" * 1_000_000, tool="bash")
    _add(found, 2, StepKind.RESULT, "\0\x07" * 60_000, tool="bash")
    return found


def long(steps: int) -> Iterator[AgentStep]:
    kinds = (StepKind.MESSAGE, StepKind.CALL, StepKind.RESULT)
    for number in range(1, steps + 1):
        turn, kind = (number + 2) // 3, kinds[(number - 1) % 3]
        text = json.dumps({"command": f"echo {number}"}) if kind is StepKind.CALL else f"words of step {number}\n" * 6
        yield _step(number, turn, kind, text, tool="" if kind is StepKind.MESSAGE else "bash")


def transcript(steps: Iterable[AgentStep]) -> bytes:
    return b"".join(encode(step) + b"\n" for step in steps)


def lines(attempt_id: str, steps: Iterable[AgentStep]) -> list[TailLine]:
    """As a runner tells them: of a long text the end."""
    told: list[TailLine] = []
    for step in steps:
        text = f"{step.tool}: {step.text}" if step.kind is StepKind.CALL else step.text
        kind = TailKind.STDOUT if step.kind is StepKind.RESULT else TailKind.STEP
        cut = text[-2000:]
        told.append(
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
    return told


def begin(play: Play) -> str:
    """An attempt of an agent that a runner has just begun."""
    played = play.submit(RunRequest(models=(MODEL,), suite="coding", repeats=1))
    attempt_id = played.attempts[0].attempt_id
    play.agents[attempt_id] = LIMITS
    for _ in range(2):
        play.move(played, played.attempts[0])
    return attempt_id


def leave(play: Play, attempt_id: str, kept: bytes) -> None:
    """The agent has ended, and this is its transcript."""
    play.left[attempt_id] = {"transcript.jsonl": (kept, "application/jsonl")}
    played = play.runs[attempt_id.partition("-")[0]]
    play.move(played, played.attempts[0])


def _add(found: list[AgentStep], turn: int, kind: StepKind, text: str, *, tool: str = "", failed: bool = False) -> None:
    found.append(_step(len(found) + 1, turn, kind, text, tool=tool, failed=failed))


def _step(number: int, turn: int, kind: StepKind, text: str, *, tool: str = "", failed: bool = False) -> AgentStep:
    usage = Usage(input_tokens=900 * turn + 310 * turn, output_tokens=120 * turn)
    return AgentStep(
        number=number,
        turn=turn,
        kind=kind,
        time=_BEGUN + timedelta(seconds=1.7 * number),
        text=text,
        tool=tool,
        call_id=f"call-{turn}",
        failed=failed,
        tool_calls=turn - (kind is StepKind.MESSAGE),
        usage=usage,
        cost_nanousd=usage.input_tokens * 150 + usage.output_tokens * 600,
    )
