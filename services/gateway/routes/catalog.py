"""The catalogue's tasks, without their hidden parts, and its suites."""

from __future__ import annotations

from litestar import Router, get

from assay.catalog.errors import UnknownSuite, UnknownTask
from assay.contracts.catalog import CatalogMistake
from assay.contracts.tasks import SuiteView, TaskView
from services.gateway.errors import NotFound
from services.gateway.http.parameters import Name, Text
from services.gateway.ports import Ports, PortsDependency


@get("/tasks", summary="List tasks", operation_id="list_tasks")
async def list_tasks(
    ports: PortsDependency,
    suite: Text = "",
    category: Text = "",
    difficulty: Text = "",
    language: Text = "",
    search: Text = "",
) -> list[TaskView]:
    """`search` matches ids, titles and tags."""
    members = set((await _find_suite(suite, ports)).task_ids) if suite else None
    word = search.casefold()
    return [
        task
        for task in await ports.catalog.tasks()
        if (members is None or task.task_id in members)
        and category in ("", task.category)
        and difficulty in ("", task.difficulty)
        and language in ("", task.language)
        and word in f"{task.task_id} {task.title} {' '.join(task.tags)}".casefold()
    ]


@get("/tasks/{task_id:str}", summary="Get a task", operation_id="get_task")
async def get_task(task_id: Name, ports: PortsDependency) -> TaskView:
    """A task with mistakes is answered with 422 and the mistakes."""
    try:
        return await ports.catalog.task(task_id)
    except UnknownTask as error:
        raise NotFound("task", task_id, "GET /api/v1/tasks lists them.", error.near) from error


@get("/suites", summary="List suites", operation_id="list_suites")
async def list_suites(ports: PortsDependency) -> list[SuiteView]:
    return list(await ports.catalog.suites())


@get("/suites/{suite_id:str}", summary="Get a suite", operation_id="get_suite")
async def get_suite(suite_id: Name, ports: PortsDependency) -> SuiteView:
    """A suite with mistakes is answered with 422 and the mistakes."""
    return await _find_suite(suite_id, ports)


async def _find_suite(suite_id: str, ports: Ports) -> SuiteView:
    try:
        return await ports.catalog.suite(suite_id)
    except UnknownSuite as error:
        raise NotFound("suite", suite_id, "GET /api/v1/suites lists them.", error.near) from error


@get("/catalog/mistakes", summary="List mistakes in the catalogue", operation_id="list_catalog_mistakes")
async def list_mistakes(ports: PortsDependency) -> list[CatalogMistake]:
    """What is wrong with tasks, suites and other files. They are left out of the lists until they are corrected;
    everything else can be used."""
    return await ports.catalog.broken()


router = Router("/", route_handlers=[list_tasks, get_task, list_suites, get_suite, list_mistakes], tags=["catalogue"])
