"""Tests run in sandboxes, so many at a time."""

from __future__ import annotations

from assay.sandbox import SandboxProvider
from assay.sandbox.selection import restrict_to_kind
from services.judge.bridge.session import Protocol, Trial, hold
from services.judge.turns import Turns


class SandboxBench:
    """At most ``slots`` trials at once, the runs by turns: each takes two sandboxes and a processor. One call of a
    candidate may take ``call_seconds``."""

    def __init__(self, provider: SandboxProvider, slots: int = 2, call_seconds: float = 10.0) -> None:
        self._provider, self._call_seconds = provider, call_seconds
        self._turns = Turns(slots)

    async def hold(self, trial: Trial) -> Protocol:
        async with self._turns.turn(trial.run_id):
            return await hold(trial, restrict_to_kind(self._provider, trial.wish), self._call_seconds)
