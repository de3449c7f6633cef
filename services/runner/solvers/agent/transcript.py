"""The steps of an agent: on the tail as they happen, and as ``transcript.jsonl`` at the end.

Written to a temporary file while the agent runs, so that a long transcript does not use the runner's memory.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Protocol

import msgspec

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import encode
from assay.contracts.models import Usage
from assay.contracts.tail import AgentStep, StepKind, TailKind
from assay.contracts.tasks import Limits
from services.runner.errors import LimitReached
from services.runner.models import Completion, ToolCall
from services.runner.text import storable
from services.runner.tries.artifacts import JSON_LINES, ArtifactWriter
from services.runner.tries.outcome import timeout_reason
from services.runner.tries.tail_writer import TailWriter
from services.runner.tries.wall_clock import WallClock

NAME = "transcript.jsonl"
_KINDS = {
    StepKind.REASONING: TailKind.STEP,
    StepKind.MESSAGE: TailKind.STEP,
    StepKind.CALL: TailKind.STEP,
    StepKind.RESULT: TailKind.STDOUT,
    StepKind.END: TailKind.STEP,
}


class Spend(Protocol):
    """What the try has used so far."""

    @property
    def usage(self) -> Usage: ...

    @property
    def cost_nanousd(self) -> int: ...


class Transcript:
    """Counts turns and tool calls, and enforces their limits."""

    def __init__(self, tail: TailWriter, spend: Spend, clock: WallClock) -> None:
        self._turn = self._tool_calls = self._steps = 0
        self._tail, self._spend, self._clock = tail, spend, clock
        self._file = NamedTemporaryFile(prefix="assay-transcript-")  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Transcript:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def check_turns(self, limits: Limits) -> None:
        """Raises LimitReached if no turn is left."""
        if limits.turns is not None and self._turn >= limits.turns:
            raise LimitReached("turns", f"all {limits.turns} turns used")

    def start_turn(self, limits: Limits) -> None:
        """Raises LimitReached."""
        self.check_turns(limits)
        self._turn += 1

    async def add_message(self, completion: Completion) -> None:
        """The model's reasoning, if any, and its message."""
        if completion.reasoning:
            await self.add(StepKind.REASONING, completion.reasoning)
        await self.add(StepKind.MESSAGE, completion.text)

    async def add_call(self, call: ToolCall, limits: Limits) -> AgentStep:
        """Raises LimitReached."""
        if limits.tool_calls is not None and self._tool_calls >= limits.tool_calls:
            raise LimitReached("tool_calls", f"all {limits.tool_calls} tool calls used")
        self._tool_calls += 1
        return await self.add(StepKind.CALL, call.arguments, tool=call.name, call_id=call.call_id)

    async def add(
        self, kind: StepKind, text: str, *, tool: str = "", call_id: str = "", failed: bool = False
    ) -> AgentStep:
        self._steps += 1
        step = AgentStep(
            number=self._steps,
            turn=self._turn,
            kind=kind,
            time=datetime.now(UTC),
            text=storable(text),
            tool=storable(tool),
            call_id=storable(call_id),
            failed=failed,
            tool_calls=self._tool_calls,
            usage=self._spend.usage,
            cost_nanousd=self._spend.cost_nanousd,
        )
        self._file.write(encode(step) + b"\n")
        shown = f"{step.tool}: {text}" if kind is StepKind.CALL else text
        await self._tail.emit(_KINDS[kind], shown, msgspec.structs.replace(step, text=""))
        return step

    async def add_limit(self, error: BaseException) -> None:
        """The last step, if one of the attempt's limits ended it."""
        if isinstance(error, LimitReached):
            await self.add(StepKind.END, str(error))
        elif self._clock.expired:
            await self.add(StepKind.END, timeout_reason(self._clock.seconds))

    async def write_to(self, artifacts: ArtifactWriter) -> ArtifactRef:
        self._file.flush()
        return await artifacts.write_file(NAME, Path(self._file.name), JSON_LINES)
