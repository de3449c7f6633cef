"""``docs/catalogue.md`` shows the catalogue as it is, with the scores that were measured."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from assay.catalog import Catalog
from bench.catalogue_page import MODELS, PAGE, page, read_scores

CATALOG = Catalog.open(Path("catalog"))
TASKS = [task.view() for task in CATALOG.tasks()]


def test_the_page_is_current() -> None:
    current = page(TASKS, CATALOG.suites(), read_scores())
    assert PAGE.read_text("utf-8") == current, "run `python -m bench catalogue --page`"


def test_references_score_1_and_doing_nothing_0() -> None:
    scores = read_scores()
    for task in TASKS:
        found = scores.get(task.task_id)
        if found and found.digest == task.digest and not task.impossible:
            oracle, nop = (found.scores[model] for model in MODELS[:2])
            assert (oracle, nop) == (1.0, 0.0), task.task_id


def test_scores_of_another_version_of_a_task_are_not_shown() -> None:
    (task,) = [task for task in TASKS if task.task_id == "add_two"]
    assert "| 1 | 1 | 0 |" in page([task], (), read_scores())
    changed = structs.replace(task, digest="0" * 64)
    assert "| 1 | - | - | - |" in page([changed], (), read_scores())
