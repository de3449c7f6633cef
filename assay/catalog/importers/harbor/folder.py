"""Reads one task folder, or a folder of many, of Harbor, Terminal-Bench 2 or Terminal-Bench 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.harbor import harbor_task, terminal_bench_task
from assay.catalog.importers.harbor.harbor_task import read_harbor_task
from assay.catalog.importers.harbor.task import Unsolved, unsolved_task
from assay.catalog.importers.harbor.terminal_bench_task import read_terminal_bench_task
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut, TaskOptions, subset, subset_note
from assay.catalog.importers.python_code import NotUsable

NOT_SOLVED = "has no reference until its solution was run; --solve runs it in the task's container"
SAME_CONTAINER_NOTE = (
    "tests run in one sandbox with the submitted code, which can forge their result (tag same_container); "
    "docs/importing.md says how"
)
IMAGE_NOTE = (
    "each Dockerfile has steps added at its end: python3 and bash if they are missing, what the tests would download, "
    "and the working folder as the workspace"
)
_MAX_DEPTH = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class UnsolvedPlan:
    """An ImportPlan whose tasks need their references yet."""

    title: str
    tasks: tuple[Unsolved, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    def solved(self, tasks: tuple[ImportedTask, ...], unsolved: tuple[LeftOut, ...]) -> ImportPlan:
        return ImportPlan(title=self.title, tasks=tasks, left_out=(*self.left_out, *unsolved), notes=self.notes)


def read(source: Path, options: TaskOptions) -> ImportPlan:
    """Without running anything, so that every task is left out: for the reasons. Raises ImportFailed."""
    plan = read_unsolved(source, options)
    return plan.solved((), tuple(LeftOut(what=task.source, why=NOT_SOLVED) for task in plan.tasks))


def read_unsolved(source: Path, options: TaskOptions) -> UnsolvedPlan:
    """Raises ImportFailed."""
    if not source.is_dir():
        raise ImportFailed(f"{source}: is no folder; give the folder of a task, or a folder of such folders")
    tasks: list[Unsolved] = []
    left_out: list[LeftOut] = []
    for folder in _task_folders(source.resolve(), _MAX_DEPTH):
        try:
            tasks.append(_task(folder, options))
        except NotUsable as reason:
            left_out.append(LeftOut(what=folder.name, why=str(reason)))
    if not tasks and not left_out:
        names = f"{harbor_task.CONFIG} and {terminal_bench_task.CONFIG}"
        raise ImportFailed(f"{source}: has no task; looked for {names} in it and in the folders below it")
    return UnsolvedPlan(
        title=source.resolve().name,
        tasks=tuple(subset(tasks, options.limit, options.seed)),
        left_out=tuple(left_out),
        notes=(*subset_note(len(tasks), options, "tasks"), SAME_CONTAINER_NOTE, IMAGE_NOTE),
    )


def _task(folder: Path, options: TaskOptions) -> Unsolved:
    is_harbor = (folder / harbor_task.CONFIG).exists()
    return unsolved_task((read_harbor_task if is_harbor else read_terminal_bench_task)(folder), options)


def _task_folders(folder: Path, depth: int) -> Iterator[Path]:
    """In the order of their names. Links and hidden folders are not followed."""
    if any((folder / name).is_file() for name in (harbor_task.CONFIG, terminal_bench_task.CONFIG)):
        yield folder
    elif depth:
        for below in sorted(folder.iterdir()):
            if below.is_dir() and not below.is_symlink() and not below.name.startswith("."):
                yield from _task_folders(below, depth - 1)
