"""Runs: list, submit, look at, cancel, and read the facts of."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery, HeaderParameter, JSONBody, QueryParameter

from assay.contracts.facts import Event
from assay.contracts.ids import new_id
from assay.contracts.rpc import CancelRun, GetRun, ListFacts, ListRuns, RunPage, SubmitRun
from assay.contracts.runs import RunRequest, RunStatus, RunView
from services.gateway.body import Body
from services.gateway.errors import Unknown
from services.gateway.ports import Wired
from services.gateway.routes.parameters import Cursor, Limit, RunId, Text
from services.gateway.submission import plan_of

SUBMIT_SECONDS = 30.0
IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=200,
        pattern="^[!-~]*$",
        description="The same key with the same body gives the same run; with another body, 422.",
    ),
]


@get("/", summary="List runs", operation_id="list_runs")
async def list_runs(
    ports: Wired,
    status: FromQuery[RunStatus | None] = None,
    suite: Text = "",
    model: Text = "",
    search: Text = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> RunPage:
    return await ports.bus.rpc.request(
        ListRuns(status=status, suite=suite, model=model, search=search, cursor=cursor, limit=limit)
    )


@post("/", summary="Submit a run", operation_id="submit_run", dto=Body[RunRequest], return_dto=None)
async def submit_run(
    data: JSONBody[RunRequest], ports: Wired, idempotency_key: IdempotencyKey = ""
) -> Response[RunView]:
    """Answered 201 only when the run is stored. Without a key each request makes a run of its own."""
    plan = await plan_of(data, ports.names, ports.stores)
    order = SubmitRun(plan=plan, idempotency_key=idempotency_key or new_id())
    run = await ports.bus.rpc.request(order, SUBMIT_SECONDS)
    return Response(run, headers={"location": f"/api/v1/runs/{run.run_id}"})


@get("/{run_id:str}", summary="A run", operation_id="get_run")
async def get_run(run_id: RunId, ports: Wired) -> RunView:
    return await ports.bus.rpc.request(GetRun(run_id=run_id))


@post("/{run_id:str}/cancel", summary="Cancel a run", operation_id="cancel_run", status_code=200)
async def cancel_run(run_id: RunId, ports: Wired) -> RunView:
    """Attempts that are not done become `cancelled`; a run that has ended stays as it is."""
    return await ports.bus.rpc.request(CancelRun(run_id=run_id), SUBMIT_SECONDS)


@get("/{run_id:str}/facts", summary="A run's facts", operation_id="list_facts")
async def list_facts(
    run_id: RunId,
    ports: Wired,
    after: Annotated[int, QueryParameter(ge=0, le=2**53)] = 0,
    limit: Limit = 200,
) -> list[Event]:
    """CloudEvents with sequences above `after`, in order; ask again with the last one's sequence for more."""
    page = await ports.bus.rpc.request(ListFacts(run_id=run_id, after=after, limit=limit))
    if not page.last_sequence:
        raise Unknown("run", run_id, "GET /api/v1/runs lists them.")
    return [msgspec.json.decode(text, type=Event) for text in page.events]


router = Router("/runs", route_handlers=[list_runs, submit_run, get_run, cancel_run, list_facts], tags=["runs"])
