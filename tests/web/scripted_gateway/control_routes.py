"""The stage's routes that steer runs and money."""

from __future__ import annotations

import msgspec
from litestar import Response, get, patch, post, put

from assay.contracts.rpc import CostBy
from assay.contracts.runs import Priority, RunLimits, RunRequest
from assay.contracts.spending import ModelPrice
from tests.web.scripted_gateway import run_control, views
from tests.web.scripted_gateway.catalog import MODELS
from tests.web.scripted_gateway.fake_money import MoneyLimits, recosted
from tests.web.scripted_gateway.http import Asked, board_of, query, read, reply


class Changed(msgspec.Struct, forbid_unknown_fields=True):
    limits: RunLimits | None = None
    priority: Priority | None = None


class Again(msgspec.Struct, forbid_unknown_fields=True):
    fresh: bool = False
    limits: RunLimits | None = None


def run_of(request: Asked) -> str:
    run_id = str(request.path_params["run_id"])
    views.found(board_of(request).play, run_id)
    return run_id


@post("/api/v1/runs/quote", status_code=200)
async def quote(request: Asked) -> Response[bytes]:
    wanted = await read(request, RunRequest)
    views.check(wanted)
    return reply(board_of(request).till.quote(wanted))


@post("/api/v1/runs/{run_id:str}/cancel", status_code=200, sync_to_thread=False)
def cancel(request: Asked) -> Response[bytes]:
    return reply(run_control.cancel(board_of(request).play, run_of(request)))


@post("/api/v1/runs/{run_id:str}/pause", status_code=200, sync_to_thread=False)
def pause(request: Asked) -> Response[bytes]:
    return reply(run_control.pause(board_of(request).play, run_of(request)))


@post("/api/v1/runs/{run_id:str}/resume", status_code=200, sync_to_thread=False)
def resume(request: Asked) -> Response[bytes]:
    return reply(run_control.resume(board_of(request).play, run_of(request)))


@post("/api/v1/runs/{run_id:str}/restart", status_code=201)
async def restart(request: Asked) -> Response[bytes]:
    again = await read(request, Again)
    return reply(run_control.restart(board_of(request).play, run_of(request), again.fresh, again.limits), 201)


@patch("/api/v1/runs/{run_id:str}")
async def change(request: Asked) -> Response[bytes]:
    changed = await read(request, Changed)
    return reply(run_control.change(board_of(request).play, run_of(request), changed.limits, changed.priority))


@get("/api/v1/runs/{run_id:str}/facts", sync_to_thread=False)
def list_facts(request: Asked) -> Response[bytes]:
    after, limit = int(query(request, "after", "0")), int(query(request, "limit", "200"))
    entity = query(request, "entity")
    facts = [one for one in board_of(request).play.runs[run_of(request)].facts if one.type.startswith(entity)]
    return reply([one for one in facts if one.sequence > after][:limit])


@get("/api/v1/money", sync_to_thread=False)
def get_money(request: Asked) -> Response[bytes]:
    return reply(board_of(request).till.money())


@put("/api/v1/money/limits")
async def set_limits(request: Asked) -> Response[bytes]:
    return reply(board_of(request).till.set(await read(request, MoneyLimits)))


@get("/api/v1/costs", sync_to_thread=False)
def get_costs(request: Asked) -> Response[bytes]:
    by = CostBy(query(request, "by", "model"))
    found = board_of(request).till.costs(by, query(request, "run_id"))
    return reply(recosted(found, prices) if (prices := query(request, "as_of_prices")) else found)


@get("/api/v1/prices", sync_to_thread=False)
def list_prices() -> Response[bytes]:
    return reply([ModelPrice(model=model.name, price=model.price) for model in MODELS])


steering = (quote, cancel, pause, resume, restart, change, list_facts, get_money, set_limits, get_costs, list_prices)
