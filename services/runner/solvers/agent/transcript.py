"""What an agent did, step by step: told on the tail at once, kept as ``transcript.jsonl`` at the end.

It is written to a temporary file as it grows, and stored from there: its length is not the runner's memory.
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
from services.runner.errors import LimitReached
from services.runner.text import storable
from services.runner.tries.artifacts import JSON_LINES, Kept
from services.runner.tries.outcome import time_over
from services.runner.tries.tail_writer import Listener
from services.runner.tries.wall_clock import WallClock

NAME = "transcript.jsonl"
_KINDS = {
    StepKind.MESSAGE: TailKind.STEP,
    StepKind.CALL: TailKind.STEP,
    StepKind.RESULT: TailKind.STDOUT,
    StepKind.END: TailKind.STEP,
}


class Spent(Protocol):
    """What the try has used so far."""

    @property
    def usage(self) -> Usage: ...

    @property
    def cost_nanousd(self) -> int: ...


class Transcript:
    """``turn`` and ``tool_calls`` are counted by who writes it."""

    def __init__(self, listener: Listener, spent: Spent, clock: WallClock) -> None:
        self.turn = self.tool_calls = self.steps = 0
        self._listener, self._spent, self._clock = listener, spent, clock
        self._file = NamedTemporaryFile(prefix="assay-transcript-")  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Transcript:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def add(
        self, kind: StepKind, text: str, *, tool: str = "", call_id: str = "", failed: bool = False
    ) -> AgentStep:
        self.steps += 1
        step = AgentStep(
            number=self.steps,
            turn=self.turn,
            kind=kind,
            time=datetime.now(UTC),
            text=storable(text),
            tool=storable(tool),
            call_id=storable(call_id),
            failed=failed,
            tool_calls=self.tool_calls,
            usage=self._spent.usage,
            cost_nanousd=self._spent.cost_nanousd,
        )
        self._file.write(encode(step) + b"\n")
        shown = f"{step.tool}: {text}" if kind is StepKind.CALL else text
        await self._listener.say(_KINDS[kind], shown, msgspec.structs.replace(step, text=""))
        return step

    async def end(self, error: BaseException) -> None:
        """The last step, where one of the attempt's limits was the end."""
        if isinstance(error, LimitReached):
            await self.add(StepKind.END, str(error))
        elif self._clock.ran_out:
            await self.add(StepKind.END, time_over(self._clock.seconds))

    async def keep(self, kept: Kept) -> ArtifactRef:
        """The whole of it, as an artifact of the try."""
        self._file.flush()
        return await kept.keep_file(NAME, Path(self._file.name), JSON_LINES)
