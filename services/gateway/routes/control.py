"""Control of runs: pause, resume, cancel, change and restart."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET

from assay.contracts.codec import Data
from assay.contracts.ids import new_id
from assay.contracts.problems import FieldError
from assay.contracts.rpc import CancelRun, ChangeRun, GetRun, PauseRun, RestartRun, ResumeRun
from assay.contracts.runs import CancelGrading, LimitsChange, Priority, RunLimits, RunView
from services.gateway.errors import InvalidRequest
from services.gateway.http.parameters import IdempotencyKey, RunId
from services.gateway.http.request_body import Body
from services.gateway.ports import Ports, PortsDependency
from services.gateway.validation.money import check_limits

CONTROL_TIMEOUT_SECONDS = 30.0
GraceSeconds = Annotated[float, QueryParameter(ge=0, le=3600, description="Time for running attempts to finish.")]
Grading = Annotated[CancelGrading, QueryParameter(description="Which executed attempts are still graded.")]


class RunChange(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a run; omitted fields keep their value."""

    limits: LimitsChange | None = None
    priority: Priority | None = None


class Restart(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With ``fresh`` nothing is reused; with ``reuse`` results of other runs are reused too. ``limits`` override those
    of the old run."""

    fresh: bool = False
    reuse: bool = False
    limits: LimitsChange | None = None


@post("/{run_id:str}/pause", summary="Pause a run", operation_id="pause_run", status_code=200)
async def pause_run(run_id: RunId, ports: PortsDependency) -> RunView:
    """No further attempts start; running ones go on."""
    return await ports.bus.rpc.request(PauseRun(run_id=run_id), CONTROL_TIMEOUT_SECONDS)


@post("/{run_id:str}/resume", summary="Resume a paused run", operation_id="resume_run", status_code=200)
async def resume_run(run_id: RunId, ports: PortsDependency) -> RunView:
    return await ports.bus.rpc.request(ResumeRun(run_id=run_id), CONTROL_TIMEOUT_SECONDS)


@post("/{run_id:str}/cancel", summary="Cancel a run", operation_id="cancel_run", status_code=200)
async def cancel_run(
    run_id: RunId,
    ports: PortsDependency,
    grace_seconds: GraceSeconds = 10.0,
    grading: Grading = CancelGrading.FREE,
) -> RunView:
    """Attempts that have not started become `cancelled` at once, running ones after `grace_seconds` unless they finish
    first. Executed ones are still graded, and the run stays `cancelling` until then. With `grading` `free` (default),
    those that a model would grade become `cancelled`; with `none` all do, also those of a run that is being cancelled.
    Their answers are kept: a restart of the run grades them without a new model request. Results so far are kept. A
    finished run is not changed."""
    command = CancelRun(run_id=run_id, grace_seconds=grace_seconds, grading=grading)
    return await ports.bus.rpc.request(command, CONTROL_TIMEOUT_SECONDS)


@patch("/{run_id:str}", summary="Change a run", operation_id="change_run", dto=Body[RunChange], return_dto=None)
async def change_run(run_id: RunId, data: JSONBody[RunChange], ports: PortsDependency) -> RunView:
    """Changes limits or priority; omitted fields keep their value. A cost limit below what is already spent stops new
    model requests; results so far are kept."""
    if data.limits is None and data.priority is None:
        raise InvalidRequest(FieldError(where="body", message="nothing to change; set limits, priority, or both"))
    if data.limits:
        check_limits(data.limits)
    change = ChangeRun(run_id=run_id, limits_change=data.limits or UNSET, priority=data.priority)
    return await ports.bus.rpc.request(change, CONTROL_TIMEOUT_SECONDS)


@post("/{run_id:str}/restart", summary="Restart a run", operation_id="restart_run", dto=Body[Restart], return_dto=None)
async def restart_run(
    run_id: RunId,
    ports: PortsDependency,
    data: JSONBody[Restart] = Restart(),  # noqa: B008  (frozen)
    idempotency_key: IdempotencyKey = "",
) -> Response[RunView]:
    """Starts a new run of the same plan. Unless `fresh`, it reuses the run's results at no cost, grades its answers
    that were not graded, and repeats only the attempts that ended by an error, a limit or cancellation; if there are
    none, it answers 409 `nothing_to_retry` and creates nothing. With `reuse` it also reuses results of other runs."""
    limits = await _limits(ports, run_id, data.limits)
    key = idempotency_key or new_id()
    command = RestartRun(run_id=run_id, fresh=data.fresh, reuse=data.reuse, limits=limits, idempotency_key=key)
    run = await ports.bus.rpc.request(command, CONTROL_TIMEOUT_SECONDS)
    return Response(run, headers={"location": f"/api/v1/runs/{run.run_id}"})


async def _limits(ports: Ports, run_id: str, change: LimitsChange | None) -> RunLimits | None:
    """The run's limits with the change applied; None without a change."""
    if change is None:
        return None
    check_limits(change)
    return change.apply_to((await ports.bus.rpc.request(GetRun(run_id=run_id))).limits)


handlers = [pause_run, resume_run, cancel_run, change_run, restart_run]
