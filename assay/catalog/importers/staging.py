"""Validates a plan's tasks with the catalogue's loader, compares them with what exists, and writes them.

Tasks are first written to a temporary folder next to the catalogue's own, then renamed into place one by one: a crash
leaves whole tasks only.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from assay.catalog.errors import InvalidCatalog, Mistake
from assay.catalog.importers.errors import ImportFailed, WouldReplace
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut
from assay.catalog.importers.suite_file import StagedSuite, stage_suite, write_suite
from assay.catalog.importers.task_ids import UsedIds
from assay.catalog.tasks.folder import entries
from assay.catalog.tasks.task import load_task
from assay.files import Files


class TaskState(StrEnum):
    """Compared with the task of that id in the catalogue."""

    NEW = "new"
    UNCHANGED = "unchanged"
    DIFFERENT = "different"


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedTask:
    """A valid task in ``folder``, to be moved to ``target``."""

    task: ImportedTask
    state: TaskState
    folder: Path
    target: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Staged:
    """A validated plan; exists as long as the context of ``stage``."""

    root: Path
    tasks: tuple[StagedTask, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    suite: StagedSuite | None = None

    def ids(self, state: TaskState) -> tuple[str, ...]:
        return tuple(each.task.task_id for each in self.tasks if each.state is state)


@contextmanager
def stage(plan: ImportPlan, root: Path, *, suite: str = "", writes: bool = True) -> Generator[Staged]:
    """``root`` is the catalogue's folder. Without ``writes``, nothing in it is touched. Raises ImportFailed."""
    try:
        if writes:
            (root / "tasks").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=root if writes else None) as temporary:
            staged = _stage(plan, root, Path(temporary))
            yield replace(staged, suite=stage_suite(suite, plan.title, _ids(staged), root, Path(temporary)))
    except OSError as error:
        raise ImportFailed(f"{error.filename or root}: cannot be written: {error.strerror or error}") from error


def write(staged: Staged, *, may_replace: bool) -> None:
    """Raises WouldReplace, having written nothing, if other content exists and must not be replaced."""
    different = [*staged.ids(TaskState.DIFFERENT)]
    if staged.suite and staged.suite.differs:
        different.append(f"the suite {staged.suite.suite_id}")
    if different and not may_replace:
        raise WouldReplace(different)
    for each in staged.tasks:
        if each.state is TaskState.DIFFERENT:
            _replace(each)
        elif each.state is TaskState.NEW:
            each.folder.rename(each.target)
    if staged.suite:
        write_suite(staged.suite)


def _replace(each: StagedTask) -> None:
    """The old task comes back if the new one cannot take its place."""
    old = each.target.rename(each.folder.with_name(f"{each.folder.name}.replaced"))
    try:
        each.folder.rename(each.target)
    except BaseException:
        old.rename(each.target)
        raise


def leave_out(staged: Staged, reasons: dict[str, str]) -> Staged:
    """Without the tasks in ``reasons``, each left out for its reason."""
    kept = tuple(each for each in staged.tasks if each.task.task_id not in reasons)
    dropped = tuple(
        LeftOut(what=each.task.source, why=reasons[each.task.task_id])
        for each in staged.tasks
        if each.task.task_id in reasons
    )
    suite = staged.suite and staged.suite.without(reasons)
    return replace(staged, tasks=kept, left_out=(*staged.left_out, *dropped), suite=suite)


def _ids(staged: Staged) -> tuple[str, ...]:
    return tuple(each.task.task_id for each in staged.tasks)


def _stage(plan: ImportPlan, root: Path, temporary: Path) -> Staged:
    tasks: list[StagedTask] = []
    left_out = list(plan.left_out)
    used = UsedIds()
    for task in plan.tasks:
        if earlier := used.taken_by(task.task_id, task.source):
            left_out.append(LeftOut(what=task.source, why=f"its task id {task.task_id} is already that of {earlier}"))
            continue
        folder = temporary / task.task_id
        _write_files(task.files, folder)
        try:
            digest = load_task(folder, task.task_id).digest
        except InvalidCatalog as error:
            left_out.append(LeftOut(what=task.source, why=f"is not a valid task: {_first(error.mistakes)}"))
            shutil.rmtree(folder)
            continue
        target = root / "tasks" / task.task_id
        tasks.append(StagedTask(task=task, state=_state(task, digest, target), folder=folder, target=target))
    return Staged(root=root, tasks=tuple(tasks), left_out=tuple(left_out), notes=plan.notes)


def _first(mistakes: Sequence[Mistake]) -> str:
    more = f" (and {len(mistakes) - 1} more mistakes)" if len(mistakes) > 1 else ""
    return f"{mistakes[0]}{more}"


def _write_files(files: Files, folder: Path) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _state(task: ImportedTask, digest: str, target: Path) -> TaskState:
    """Comments and layout make no difference, because they make none to the digest."""
    if not target.exists() and not target.is_symlink():
        return TaskState.NEW
    if _has_files(target, task.files):
        return TaskState.UNCHANGED
    try:
        return TaskState.UNCHANGED if load_task(target).digest == digest else TaskState.DIFFERENT
    except InvalidCatalog:
        return TaskState.DIFFERENT


def _has_files(target: Path, files: Files) -> bool:
    """Whether the folder has exactly these files."""
    if target.is_symlink() or not target.is_dir():
        return False
    found = [Path(entry.path) for entry in entries(target) if not entry.is_dir(follow_symlinks=False)]
    paths = {path.relative_to(target).as_posix(): path for path in found if path.is_file() and not path.is_symlink()}
    return len(paths) == len(found) and paths.keys() == files.keys() and _same_contents(paths, files)


def _same_contents(paths: Mapping[str, Path], files: Files) -> bool:
    return all(
        paths[name].stat().st_size == len(data) and paths[name].read_bytes() == data for name, data in files.items()
    )
