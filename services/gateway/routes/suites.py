"""Suites of the catalogue."""

from __future__ import annotations

from litestar import Router, get

from assay.catalog.did_you_mean import closest
from assay.contracts.tasks import SuiteView
from services.gateway.errors import NotFound
from services.gateway.http.parameters import Name
from services.gateway.ports import PortsDependency


@get("/", summary="All suites", operation_id="list_suites")
async def list_suites(ports: PortsDependency) -> list[SuiteView]:
    return list(await ports.catalog.suites())


@get("/{suite_id:str}", summary="A suite", operation_id="get_suite")
async def get_suite(suite_id: Name, ports: PortsDependency) -> SuiteView:
    by_id = {suite.suite_id: suite for suite in await ports.catalog.suites()}
    if suite_id not in by_id:
        raise NotFound("suite", suite_id, "GET /api/v1/suites lists them.", closest(suite_id, by_id))
    return by_id[suite_id]


router = Router("/suites", route_handlers=[list_suites, get_suite], tags=["catalogue"])
