"""Reads a track: ``config.json`` and the exercises in ``exercises/practice`` and ``exercises/concept``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from assay.catalog.importers.code_task import CodeTask, code_task
from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.exercism.bash_exercise import bash_task
from assay.catalog.importers.exercism.cpp_exercise import CPP_BUILD, cpp_task
from assay.catalog.importers.exercism.exercise import Exercise, read_exercise, read_json
from assay.catalog.importers.exercism.go_exercise import GO_BUILD, go_task
from assay.catalog.importers.exercism.javascript_exercise import javascript_task
from assay.catalog.importers.exercism.python_exercise import python_task
from assay.catalog.importers.exercism.rust_exercise import RUST_BUILD, rust_task
from assay.catalog.importers.exercism.same_process import NOTES
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut, TaskOptions, subset, subset_note
from assay.catalog.importers.python_code import NotUsable
from assay.catalog.importers.task_ids import task_id
from assay.contracts.tasks import Difficulty

KINDS = ("practice", "concept")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Language:
    """``build`` are the files that compile an exercise's tests."""

    task: Callable[[Exercise, str], CodeTask]
    build: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_TAKEN = {
    "python": _Language(task=python_task),
    "javascript": _Language(task=javascript_task),
    "bash": _Language(task=bash_task),
    "go": _Language(task=go_task, build=GO_BUILD, notes=NOTES),
    "rust": _Language(task=rust_task, build=RUST_BUILD, notes=NOTES),
    "cpp": _Language(task=cpp_task, build=CPP_BUILD, notes=NOTES),
}
_DIFFICULTIES = (
    *(Difficulty.TRIVIAL, Difficulty.EASY, Difficulty.EASY),
    *(Difficulty.MEDIUM, Difficulty.MEDIUM, Difficulty.MEDIUM),
    *(Difficulty.HARD, Difficulty.HARD, Difficulty.EXPERT, Difficulty.EXPERT),
)
"""For Exercism's 1 to 10."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listed:
    """What the track says of an exercise."""

    name: str = ""
    difficulty: Difficulty = Difficulty.EASY
    deprecated: bool = False


def read(source: Path, options: TaskOptions) -> ImportPlan:
    """Raises ImportFailed."""
    config = _config(source)
    slug, listed = str(config.get("slug", "")), _listed(config)
    if slug not in _TAKEN:
        raise ImportFailed(
            f"{source}: exercises in {config.get('language') or slug!r} are not taken, only those in "
            f"{', '.join(_TAKEN)}: the judge's sandbox cannot build or run the tests of other languages"
        )
    tasks: list[ImportedTask] = []
    left_out: list[LeftOut] = []
    for kind, folder in _folders(source):
        try:
            task = _task(folder, slug, listed.get(folder.name), options)
            tasks.append(replace(task, source=f"{kind}/{folder.name}"))
        except NotUsable as reason:
            left_out.append(LeftOut(what=f"{kind}/{folder.name}", why=str(reason)))
    if not tasks:
        first = f": {left_out[0].what} {left_out[0].why}" if left_out else "; it has none"
        raise ImportFailed(f"{source}: no exercise can be used{first}")
    return ImportPlan(
        title=f"Exercism {config.get('language') or slug}",
        tasks=tuple(subset(tasks, options.limit, options.seed)),
        left_out=tuple(left_out),
        notes=(*_TAKEN[slug].notes, *subset_note(len(tasks), options, "exercises")),
    )


def _config(source: Path) -> dict[str, Any]:
    hint = "give the folder of a track, which has config.json and exercises/"
    if not source.is_dir():
        raise ImportFailed(f"{source}: is no folder; {hint}")
    try:
        config = read_json(source / "config.json")
    except NotUsable as error:
        raise ImportFailed(f"{source}: {error}; {hint}") from error
    if not (source / "exercises").is_dir():
        raise ImportFailed(f"{source}: has no folder exercises; {hint}")
    return config


def _listed(config: dict[str, Any]) -> dict[str, _Listed]:
    exercises = config.get("exercises")
    groups = cast("dict[str, Any]", exercises) if isinstance(exercises, dict) else {}
    lists = [found for kind in KINDS if isinstance(found := groups.get(kind), list)]
    entries = [cast("dict[str, Any]", entry) for found in lists for entry in found if isinstance(entry, dict)]
    return {str(entry.get("slug")): _entry(entry) for entry in entries}


def _entry(entry: dict[str, Any]) -> _Listed:
    level = entry.get("difficulty")
    known = isinstance(level, int) and 1 <= level <= len(_DIFFICULTIES)
    return _Listed(
        name=str(entry.get("name") or ""),
        difficulty=_DIFFICULTIES[level - 1] if known and isinstance(level, int) else Difficulty.EASY,
        deprecated=entry.get("status") == "deprecated",
    )


def _folders(source: Path) -> Iterator[tuple[str, Path]]:
    for kind in KINDS:
        folder = source / "exercises" / kind
        for each in sorted(folder.iterdir()) if folder.is_dir() else ():
            if each.is_dir() and not each.name.startswith("."):
                yield kind, each


def _task(folder: Path, slug: str, listed: _Listed | None, options: TaskOptions) -> ImportedTask:
    listed = listed or _Listed()
    if listed.deprecated:
        raise NotUsable("is deprecated")
    language = _TAKEN[slug]
    exercise = read_exercise(folder, listed.name, listed.difficulty, language.build)
    found = task_id(options.prefix or f"exercism_{slug}", folder.name)
    return code_task(language.task(exercise, found), options)
