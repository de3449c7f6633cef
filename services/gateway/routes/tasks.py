"""Tasks of the catalogue, without their hidden parts."""

from __future__ import annotations

from litestar import Router, get

from assay.catalog.did_you_mean import closest
from assay.contracts.tasks import TaskView
from services.gateway.errors import NotFound
from services.gateway.http.parameters import Name, Text
from services.gateway.ports import PortsDependency


@get("/", summary="All tasks", operation_id="list_tasks")
async def list_tasks(ports: PortsDependency, category: Text = "", search: Text = "") -> list[TaskView]:
    """`search` is looked for in ids, titles and tags."""
    word = search.casefold()
    return [
        task
        for task in await ports.catalog.tasks()
        if category in ("", task.category) and word in f"{task.task_id} {task.title} {' '.join(task.tags)}".casefold()
    ]


@get("/{task_id:str}", summary="A task", operation_id="get_task")
async def get_task(task_id: Name, ports: PortsDependency) -> TaskView:
    by_id = {task.task_id: task for task in await ports.catalog.tasks()}
    if task_id not in by_id:
        raise NotFound("task", task_id, "GET /api/v1/tasks lists them.", closest(task_id, by_id))
    return by_id[task_id]


router = Router("/tasks", route_handlers=[list_tasks, get_task], tags=["catalogue"])
