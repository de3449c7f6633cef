"""Suites: named lists of tasks with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta, field, structs

from assay.catalog.formats import Name, Text, Title
from assay.catalog.yaml.decode import decode_document
from assay.catalog.yaml.document import Document
from assay.catalog.yaml.parse import read_document
from assay.contracts.checks import Weight
from assay.contracts.codec import Data
from assay.contracts.tasks import Limits
from assay.validation.did_you_mean import unknown_name


class SuiteLimits(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits for all tasks of a suite; a task's own limit applies where it is lower."""

    wall_seconds: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None

    def applied_to(self, limits: Limits) -> Limits:
        return structs.replace(
            limits,
            wall_seconds=min(limits.wall_seconds, self.wall_seconds or limits.wall_seconds),
            max_tokens=min(limits.max_tokens, self.max_tokens or limits.max_tokens),
        )


class SuiteManifest(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``suites/<id>.yaml``: tasks by id, by category, or both. ``samples`` is per task; 0 means all. The tasks of a
    category share its weight, so it counts the same however many they are; a task's own weight takes precedence."""

    id: Name
    title: Title
    description: Text = ""
    tasks: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    weights: dict[str, Weight] = field(default_factory=dict[str, float])
    category_weights: dict[str, Weight] = field(default_factory=dict[str, float])
    repeats: Annotated[int, Meta(ge=1, le=1000)] = 1
    samples: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    limits: SuiteLimits = SuiteLimits()


def load_suite(path: Path, file: str, tasks: Mapping[str, str]) -> SuiteManifest:
    """The suite at ``path``; raises InvalidCatalog unless each task and category it names is in ``tasks``, which maps
    ids to categories (empty where an invalid task's category cannot be read)."""
    document = read_document(path, file)
    suite = decode_document(document, SuiteManifest) if document.value is not None else None
    if suite is not None:
        _check(suite, document, path.stem, tasks)
    document.raise_mistakes()
    assert suite is not None
    return suite


def suite_task_ids(suite: SuiteManifest, tasks: Mapping[str, str]) -> tuple[str, ...]:
    """The suite's tasks: those listed, in order, then those of its categories by id."""
    return select_task_ids(suite.tasks, suite.categories, tasks)


def task_weights(suite: SuiteManifest, tasks: Mapping[str, str]) -> dict[str, float]:
    """By task, where it is not 1."""
    members = suite_task_ids(suite, tasks)
    found: dict[str, float] = {}
    for category, weight in suite.category_weights.items():
        sharing = [name for name in members if tasks.get(name) == category and name not in suite.weights]
        found |= {name: weight / len(sharing) for name in sharing}
    return found | suite.weights


def select_task_ids(names: tuple[str, ...], categories: tuple[str, ...], tasks: Mapping[str, str]) -> tuple[str, ...]:
    """``names`` in order, then the tasks of the categories by id, without duplicates."""
    chosen = sorted(task_id for task_id, category in tasks.items() if category in categories)
    return tuple(dict.fromkeys((*names, *chosen)))


def _check(suite: SuiteManifest, document: Document, stem: str, tasks: Mapping[str, str]) -> None:
    if suite.id != stem:
        document.add_mistake(("id",), f"{suite.id!r} is not the file's name", stem)
    for index, name in enumerate(suite.tasks):
        if name not in tasks:
            document.add_mistake(("tasks", index), *unknown_name("task", name, tasks))
    categories = set(tasks.values())
    hidden = "" in categories  # an invalid task may belong to any category
    for index, name in enumerate(suite.categories):
        if name not in categories and not hidden:
            document.add_mistake(("categories", index), *unknown_name("category", name, categories))
    chosen = suite_task_ids(suite, tasks)
    if not suite.tasks and not suite.categories:
        document.add_mistake(("tasks",), "is missing; list tasks or categories")
    for name in suite.category_weights:
        if name not in categories and not hidden:
            document.add_mistake(("category_weights", name), *unknown_name("category", name, categories))
        elif not any(tasks.get(task_id) == name for task_id in chosen) and not hidden:
            document.add_mistake(("category_weights", name), f"the suite has no task of category {name!r}")
    for name in suite.weights:
        if name not in chosen and not (hidden and name in tasks):
            document.add_mistake(("weights", name), *unknown_name("task of this suite", name, chosen))
