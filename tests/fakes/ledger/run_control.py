"""Cancel, pause, resume, change and restart runs: takes effect at once."""

from __future__ import annotations

from typing import Any

import msgspec

from assay.contracts.codec import encode
from assay.contracts.facts import RunCancelled, RunChanged, RunPaused, RunResumed
from assay.contracts.rpc import CancelRun, ChangeRun, PauseRun, RestartRun, ResumeRun
from assay.contracts.runs import RunStatus, RunView
from services.ledger.runs.run_control import changed_limits
from tests.fakes.ledger.runs import FakeRuns

Command = CancelRun | ChangeRun | RestartRun


class FakeRunControl:
    """``commands`` lists cancellations, changes and restarts in order."""

    def __init__(self, runs: FakeRuns) -> None:
        self._runs = runs
        self.commands: list[Command] = []

    def handlers(self) -> dict[Any, Any]:
        return {
            CancelRun: self._cancel,
            PauseRun: self._pause,
            ResumeRun: self._resume,
            ChangeRun: self._change,
            RestartRun: self._restart,
        }

    async def _cancel(self, request: CancelRun) -> RunView:
        self._runs.find(request.run_id)
        self.commands.append(request)
        await self._runs.publish_run_fact(request.run_id, RunCancelled, RunStatus.CANCELLED)
        return self._runs.find(request.run_id).run

    async def _pause(self, request: PauseRun) -> RunView:
        self._runs.find(request.run_id)
        await self._runs.publish_run_fact(request.run_id, RunPaused, RunStatus.PAUSED)
        return self._runs.find(request.run_id).run

    async def _resume(self, request: ResumeRun) -> RunView:
        self._runs.find(request.run_id)
        await self._runs.publish_run_fact(request.run_id, RunResumed, RunStatus.RUNNING)
        return self._runs.find(request.run_id).run

    async def _change(self, request: ChangeRun) -> RunView:
        run = self._runs.find(request.run_id).run
        self.commands.append(request)
        limits = changed_limits(run.limits, request)
        self._runs.update_run(run.run_id, limits=limits, priority=request.priority or run.priority)
        await self._runs.publish_run_fact(run.run_id, RunChanged, run.status)
        return self._runs.find(run.run_id).run

    async def _restart(self, request: RestartRun) -> RunView:
        old = self._runs.find(request.run_id)
        self.commands.append(request)
        body = encode(msgspec.structs.replace(request, idempotency_key=""))
        _, run_id = self._runs.idempotency_keys.get(request.idempotency_key, (body, ""))
        if not run_id:
            run_id = await self._runs.new_run(attempts=len(old.rows), suite=old.run.suite, name=old.run.name)
            self._runs.idempotency_keys[request.idempotency_key] = (body, run_id)
            self._runs.update_run(run_id, limits=request.limits or old.run.limits, restarts=request.run_id)
        return self._runs.find(run_id).run
