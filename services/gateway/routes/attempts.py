"""Attempts of a run, and one attempt with its artifacts."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import State
from assay.contracts.rpc import AttemptPage, GetAttempt, ListAttempts
from assay.contracts.verdicts import Outcome
from services.gateway.http.parameters import AttemptId, Cursor, Limit, RunId, Text
from services.gateway.ports import PortsDependency
from services.gateway.routes.artifacts import get_artifact


@get("/runs/{run_id:str}/attempts", summary="List a run's attempts", operation_id="list_attempts")
async def list_attempts(
    run_id: RunId,
    ports: PortsDependency,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    outcome: FromQuery[Outcome | None] = None,
    model: Text = "",
    task_id: Text = "",
    flagged: FromQuery[bool] = False,
    cursor: Cursor = "",
    limit: Limit = 500,
) -> AttemptPage:
    return await ports.bus.rpc.request(
        ListAttempts(
            run_id=run_id,
            state=in_state,
            outcome=outcome,
            model=model,
            task_id=task_id,
            flagged=flagged,
            cursor=cursor,
            limit=limit,
        )
    )


@get("/attempts/{attempt_id:str}", summary="Get an attempt", operation_id="get_attempt")
async def get_attempt(attempt_id: AttemptId, ports: PortsDependency) -> AttemptDetail:
    return await ports.bus.rpc.request(GetAttempt(attempt_id=attempt_id))


router = Router("/", route_handlers=[list_attempts, get_attempt, get_artifact], tags=["attempts"])
