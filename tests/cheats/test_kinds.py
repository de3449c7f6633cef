"""Every cheat has a kind, every language has cheats, and the documentation counts them."""

from __future__ import annotations

from tests.cheats.attempts import SCRIPTS
from tests.cheats.attempts import TASKS as ATTEMPTED
from tests.cheats.harness import KINDS, TASKS, kinds, submitted_cheats
from tests.cheats.table import COLUMNS, PAGE, with_table

MIN_CHEATS = 40


def test_every_cheat_has_a_kind() -> None:
    cheats = {
        task: {*SCRIPTS[: len(SCRIPTS) * (task in ATTEMPTED)], *(name[7:] for name in submitted_cheats(task))}
        for task in TASKS
    }
    assert {task: set(named) for task, named in kinds().items()} == cheats
    assert {kind for named in kinds().values() for kind in named.values()} == set(KINDS)
    assert sum(map(len, cheats.values())) >= MIN_CHEATS


def test_every_task_is_in_the_table() -> None:
    assert sorted(task for tasks in COLUMNS.values() for task in tasks) == TASKS


def test_the_table_of_the_documentation_is_up_to_date() -> None:
    page = PAGE.read_text()
    assert with_table(page) == page, "run `python -m tests.cheats.table`"
