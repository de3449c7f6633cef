"""Commands to runs, which the fake ledger carries out at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.contracts.codec import encode
from assay.contracts.facts import RunCancelled, RunChanged, RunPaused, RunResumed
from assay.contracts.rpc import CancelRun, ChangeRun, PauseRun, RestartRun, ResumeRun
from assay.contracts.runs import RunStatus, RunView

if TYPE_CHECKING:
    from tests.gateway.fakes.ledger import FakeLedger

Command = CancelRun | ChangeRun | RestartRun


def control_handlers(ledger: FakeLedger) -> dict[Any, Any]:
    """The handlers record commands in ``ledger.commands``."""

    async def cancel(request: CancelRun) -> RunView:
        ledger.find(request.run_id)
        ledger.commands.append(request)
        await ledger.publish_run_fact(request.run_id, RunCancelled, RunStatus.CANCELLED)
        return ledger.find(request.run_id).run

    async def pause(request: PauseRun) -> RunView:
        ledger.find(request.run_id)
        await ledger.publish_run_fact(request.run_id, RunPaused, RunStatus.PAUSED)
        return ledger.find(request.run_id).run

    async def resume(request: ResumeRun) -> RunView:
        ledger.find(request.run_id)
        await ledger.publish_run_fact(request.run_id, RunResumed, RunStatus.RUNNING)
        return ledger.find(request.run_id).run

    async def change(request: ChangeRun) -> RunView:
        run = ledger.find(request.run_id).run
        ledger.commands.append(request)
        limits = request.limits_change.apply_to(run.limits) if request.limits_change else run.limits
        ledger.update_run(run.run_id, limits=limits, priority=request.priority or run.priority)
        await ledger.publish_run_fact(run.run_id, RunChanged, run.status)
        return ledger.find(run.run_id).run

    async def restart(request: RestartRun) -> RunView:
        old = ledger.find(request.run_id)
        ledger.commands.append(request)
        body = encode(msgspec.structs.replace(request, idempotency_key=""))
        _, run_id = ledger.by_key.get(request.idempotency_key, (body, ""))
        if not run_id:
            run_id = await ledger.new_run(attempts=len(old.rows), suite=old.run.suite, name=old.run.name)
            ledger.by_key[request.idempotency_key] = (body, run_id)
            ledger.update_run(run_id, limits=request.limits or old.run.limits, restarts=request.run_id)
        return ledger.find(run_id).run

    return {CancelRun: cancel, PauseRun: pause, ResumeRun: resume, ChangeRun: change, RestartRun: restart}
