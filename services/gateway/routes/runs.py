"""Runs: list, quote, preview, submit, import, get, and read facts."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter

from assay.contracts.causes import Causes
from assay.contracts.facts import Event
from assay.contracts.ids import new_id
from assay.contracts.imported_runs import ImportedRun
from assay.contracts.rpc import (
    GetCauses,
    GetRun,
    GetRunMetrics,
    ListFacts,
    ListRuns,
    Quote,
    QuoteRun,
    RunPage,
    RunPreview,
    SubmitRun,
)
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import RunRequest, RunStatus, RunView
from services.gateway.errors import NotFound
from services.gateway.http.parameters import Cursor, IdempotencyKey, Limit, RunId, Text
from services.gateway.http.request_body import Body
from services.gateway.model_check import model_problems
from services.gateway.ports import PortsDependency
from services.gateway.prompt_preview import build_preview
from services.gateway.routes import control
from services.gateway.run_import.plan import build_import
from services.gateway.run_responses import with_run_responses
from services.gateway.submission import build_plan, build_plan_with_notes

SUBMIT_TIMEOUT_SECONDS = 30.0
MAX_IMPORT_BYTES = 32_000_000


@get("/", summary="List runs", operation_id="list_runs")
async def list_runs(
    ports: PortsDependency,
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
    data: JSONBody[RunRequest], ports: PortsDependency, idempotency_key: IdempotencyKey = ""
) -> Response[RunView]:
    """Answers 201 once the run is stored. Without an `Idempotency-Key` every request creates a run. Answers 402 with
    the amounts if the estimated cost exceeds what the limits leave, unless `partial`."""
    plan = await build_plan(await with_run_responses(data, ports), ports.catalog, ports.stores)
    command = SubmitRun(plan=plan, idempotency_key=idempotency_key or new_id())
    run = await ports.bus.rpc.request(command, SUBMIT_TIMEOUT_SECONDS)
    return Response(run, headers={"location": f"/api/v1/runs/{run.run_id}"})


@post(
    "/import",
    summary="Import a run",
    operation_id="import_run",
    dto=Body[ImportedRun],
    return_dto=None,
    request_max_body_size=MAX_IMPORT_BYTES,
)
async def import_run(
    data: JSONBody[ImportedRun], ports: PortsDependency, idempotency_key: IdempotencyKey = ""
) -> Response[RunView]:
    """Stores results that another framework produced and graded, as a finished run that names the framework. It cannot
    be restarted or graded again, and is on the leaderboard of its own suite, `imported/<suite>`, only. At most 5,000
    results and 32 MB; import more as several runs of the same suite."""
    command = await build_import(data, ports.stores, idempotency_key or new_id())
    run = await ports.bus.rpc.request(command, SUBMIT_TIMEOUT_SECONDS)
    return Response(run, headers={"location": f"/api/v1/runs/{run.run_id}"})


@post(
    "/quote",
    summary="Quote a run",
    operation_id="quote_run",
    status_code=200,
    dto=Body[RunRequest],
    return_dto=None,
)
async def quote_run(data: JSONBody[RunRequest], ports: PortsDependency) -> Quote:
    """Estimates the cost of a run without submitting it; same body as submitting. `estimated_usd` is based on what such
    attempts used before (or on a quarter of their output limit), `worst_usd` on their full limits; `accounts` are the
    limits that apply. `problems` lists the models that a runner cannot call for lack of a key, an address or a library;
    no model is called for it."""
    data = await with_run_responses(data, ports)
    plan, notes = await build_plan_with_notes(data, ports.catalog, ports.stores)
    quoting = ports.bus.rpc.request(QuoteRun(plan=plan), SUBMIT_TIMEOUT_SECONDS)
    quote, problems = await asyncio.gather(quoting, model_problems(plan, ports))
    return msgspec.structs.replace(quote, notes=notes, problems=problems)


@post(
    "/preview",
    summary="Preview a run",
    operation_id="preview_run",
    status_code=200,
    dto=Body[RunRequest],
    return_dto=None,
)
async def preview_run(data: JSONBody[RunRequest], ports: PortsDependency) -> RunPreview:
    """Returns the quote and each attempt's first messages as a runner would send them; same body as submitting. No
    model is called and no run is stored."""
    data = await with_run_responses(data, ports)
    plan, notes = await build_plan_with_notes(data, ports.catalog, ports.stores)
    preview, problems = await asyncio.gather(build_preview(plan, ports.bus), model_problems(plan, ports))
    return msgspec.structs.replace(
        preview, quote=msgspec.structs.replace(preview.quote, notes=notes, problems=problems)
    )


@get("/{run_id:str}", summary="Get a run", operation_id="get_run")
async def get_run(run_id: RunId, ports: PortsDependency) -> RunView:
    return await ports.bus.rpc.request(GetRun(run_id=run_id))


@get("/{run_id:str}/causes", summary="Get the causes of ungraded attempts", operation_id="get_causes")
async def get_causes(run_id: RunId, ports: PortsDependency) -> Causes:
    """Groups the attempts that ended ungraded (`timeout`, `limit`, `refused`, `agent_error`, `infra_error`) by outcome
    and reason, the most frequent first, with what to do next. `cancelled` attempts are left out: the run's own `reason`
    says why."""
    return await ports.bus.rpc.request(GetCauses(run_id=run_id))


@get("/{run_id:str}/metrics", summary="Get a run's metrics", operation_id="get_run_metrics")
async def get_run_metrics(run_id: RunId, ports: PortsDependency) -> RunMetrics:
    """Over all samples, by task and model: the means of what each attempt measured, and the metrics of the whole set
    for `classification` (accuracy, F1, Matthews) and `regression` (Pearson, Spearman, mean absolute error)."""
    return await ports.bus.rpc.request(GetRunMetrics(run_id=run_id))


@get("/{run_id:str}/facts", summary="List a run's facts", operation_id="list_facts")
async def list_facts(
    run_id: RunId,
    ports: PortsDependency,
    after: Annotated[int, QueryParameter(ge=0, le=2**53, description="Only facts above this sequence.")] = 0,
    limit: Limit = 200,
    entity: Annotated[
        Literal["", "run", "attempt"],
        QueryParameter(description="Only facts about the run, or only about attempts."),
    ] = "",
) -> list[Event]:
    """CloudEvents with sequences above `after`, in order. For the next page, pass the last sequence as `after`."""
    page = await ports.bus.rpc.request(ListFacts(run_id=run_id, after=after, limit=limit, entity=entity))
    if not page.last_sequence:
        raise NotFound("run", run_id, "GET /api/v1/runs lists them.")
    return [msgspec.json.decode(text, type=Event) for text in page.events]


router = Router(
    "/runs",
    route_handlers=[
        list_runs,
        submit_run,
        import_run,
        quote_run,
        preview_run,
        get_run,
        get_causes,
        get_run_metrics,
        list_facts,
        *control.handlers,
    ],
    tags=["runs"],
)
