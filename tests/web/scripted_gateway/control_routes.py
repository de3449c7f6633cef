"""Routes that control runs and money."""

from __future__ import annotations

import msgspec
from litestar import Response, get, patch, post, put

from assay.contracts.rpc import CostBy
from assay.contracts.runs import Priority, RunLimits, RunRequest
from assay.contracts.spending import ModelPrice
from tests.web.scripted_gateway import run_control, views
from tests.web.scripted_gateway.catalog import MODELS
from tests.web.scripted_gateway.fake_money import MoneyLimits, recosted
from tests.web.scripted_gateway.http import AnyRequest, decode_body, hub_of, query, respond


class RunChange(msgspec.Struct, forbid_unknown_fields=True):
    limits: RunLimits | None = None
    priority: Priority | None = None


class RestartRequest(msgspec.Struct, forbid_unknown_fields=True):
    fresh: bool = False
    reuse: bool = False
    limits: RunLimits | None = None


def run_id_of(request: AnyRequest) -> str:
    run_id = str(request.path_params["run_id"])
    views.find_run(hub_of(request).runs, run_id)
    return run_id


@post("/api/v1/runs/quote", status_code=200)
async def quote(request: AnyRequest) -> Response[bytes]:
    run_request = await decode_body(request, RunRequest)
    views.validate(run_request)
    return respond(hub_of(request).money.quote(run_request))


@post("/api/v1/runs/{run_id:str}/cancel", status_code=200, sync_to_thread=False)
def cancel(request: AnyRequest) -> Response[bytes]:
    return respond(run_control.cancel(hub_of(request).runs, run_id_of(request)))


@post("/api/v1/runs/{run_id:str}/pause", status_code=200, sync_to_thread=False)
def pause(request: AnyRequest) -> Response[bytes]:
    return respond(run_control.pause(hub_of(request).runs, run_id_of(request)))


@post("/api/v1/runs/{run_id:str}/resume", status_code=200, sync_to_thread=False)
def resume(request: AnyRequest) -> Response[bytes]:
    return respond(run_control.resume(hub_of(request).runs, run_id_of(request)))


@post("/api/v1/runs/{run_id:str}/restart", status_code=201)
async def restart(request: AnyRequest) -> Response[bytes]:
    restart_request = await decode_body(request, RestartRequest)
    return respond(
        run_control.restart(hub_of(request).runs, run_id_of(request), restart_request.fresh, restart_request.limits),
        201,
    )


@patch("/api/v1/runs/{run_id:str}")
async def change(request: AnyRequest) -> Response[bytes]:
    run_change = await decode_body(request, RunChange)
    return respond(run_control.change(hub_of(request).runs, run_id_of(request), run_change.limits, run_change.priority))


@get("/api/v1/runs/{run_id:str}/facts", sync_to_thread=False)
def list_facts(request: AnyRequest) -> Response[bytes]:
    after, limit = int(query(request, "after", "0")), int(query(request, "limit", "200"))
    entity = query(request, "entity")
    facts = [one for one in hub_of(request).runs.by_id[run_id_of(request)].facts if one.type.startswith(entity)]
    return respond([one for one in facts if one.sequence > after][:limit])


@get("/api/v1/money", sync_to_thread=False)
def get_money(request: AnyRequest) -> Response[bytes]:
    return respond(hub_of(request).money.money())


@put("/api/v1/money/limits")
async def set_limits(request: AnyRequest) -> Response[bytes]:
    return respond(hub_of(request).money.set_limits(await decode_body(request, MoneyLimits)))


@get("/api/v1/costs", sync_to_thread=False)
def get_costs(request: AnyRequest) -> Response[bytes]:
    by = CostBy(query(request, "by", "model"))
    found = hub_of(request).money.costs(by, query(request, "run_id"))
    return respond(recosted(found, prices) if (prices := query(request, "as_of_prices")) else found)


@get("/api/v1/prices", sync_to_thread=False)
def list_prices() -> Response[bytes]:
    return respond([ModelPrice(model=model.name, price=model.price) for model in MODELS])


ROUTES = (quote, cancel, pause, resume, restart, change, list_facts, get_money, set_limits, get_costs, list_prices)
