"""The catalogue's tasks, without their hidden parts, and its suites."""

from __future__ import annotations

from litestar import Router, get

from assay.catalog.did_you_mean import closest
from assay.contracts.tasks import SuiteView, TaskView
from services.gateway.errors import NotFound
from services.gateway.http.parameters import Name, Text
from services.gateway.ports import PortsDependency


@get("/tasks", summary="List tasks", operation_id="list_tasks")
async def list_tasks(ports: PortsDependency, category: Text = "", search: Text = "") -> list[TaskView]:
    """`search` matches ids, titles and tags."""
    word = search.casefold()
    return [
        task
        for task in await ports.catalog.tasks()
        if category in ("", task.category) and word in f"{task.task_id} {task.title} {' '.join(task.tags)}".casefold()
    ]


@get("/tasks/{task_id:str}", summary="Get a task", operation_id="get_task")
async def get_task(task_id: Name, ports: PortsDependency) -> TaskView:
    by_id = {task.task_id: task for task in await ports.catalog.tasks()}
    if task_id not in by_id:
        raise NotFound("task", task_id, "GET /api/v1/tasks lists them.", closest(task_id, by_id))
    return by_id[task_id]


@get("/suites", summary="List suites", operation_id="list_suites")
async def list_suites(ports: PortsDependency) -> list[SuiteView]:
    return list(await ports.catalog.suites())


@get("/suites/{suite_id:str}", summary="Get a suite", operation_id="get_suite")
async def get_suite(suite_id: Name, ports: PortsDependency) -> SuiteView:
    by_id = {suite.suite_id: suite for suite in await ports.catalog.suites()}
    if suite_id not in by_id:
        raise NotFound("suite", suite_id, "GET /api/v1/suites lists them.", closest(suite_id, by_id))
    return by_id[suite_id]


router = Router("/", route_handlers=[list_tasks, get_task, list_suites, get_suite], tags=["catalogue"])
