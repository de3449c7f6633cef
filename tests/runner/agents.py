"""What an agent did, read back."""

from __future__ import annotations

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.codec import decode
from assay.contracts.tail import AgentStep, StepKind
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.room import Room

SUBMIT = ("submit", "{}")


async def transcript(runner: Room, report: AttemptExecuted) -> list[AgentStep]:
    data = await runner.read(report.artifacts["transcript.jsonl"])
    return [decode(AgentStep, line) for line in data.splitlines()]


async def results(runner: Room, report: AttemptExecuted) -> list[str]:
    return [step.text for step in await transcript(runner, report) if step.kind is StepKind.RESULT]


def calls(served: Endpoint, *turns: tuple[tuple[str, str], ...]) -> None:
    """The endpoint's next answers, each with these calls."""
    served.replies.extend(Reply(text="", calls=turn, finish_reason="tool_calls") for turn in turns)
