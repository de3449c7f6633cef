"""Tasks with rubrics: their mistakes, and the models that judge a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assay.catalog import InvalidSelection, make_bundles
from assay.contracts.codec import decode
from assay.contracts.models import Parameters
from assay.contracts.money import TokenPrice
from assay.contracts.runs import RunRequest
from assay.contracts.tasks import HiddenTask

if TYPE_CHECKING:
    from .conftest import Folder

COLOURS = "tasks/colours/task.yaml"
CHOICE = "  - kind: choice\n    options: [red, green, blue]\n"
RUBRIC = """\
  - kind: rubric
    show_expected: true
    criteria:
      - {id: correct, text: Is it right?, scale: [0, 4]}
      - id: short
        text: Is it short?
        levels: [{score: 0, text: long}, {score: 2, text: short}]
"""


@pytest.fixture
def essays(folder: Folder) -> Folder:
    """``colours`` is graded by a rubric."""
    folder.edit(COLOURS, CHOICE, RUBRIC)
    return folder


def test_a_rubric_has_no_mistakes_and_its_judges_know_the_question(essays: Folder) -> None:
    assert essays.mistakes() == []
    task = essays.open().find_task("colours")
    hidden = decode(HiddenTask, make_bundles(task).hidden["grading.json"])
    assert hidden.questions["grass"] == "Answer with one word.\n\nWhat colour is grass?"
    assert b"What colour" not in make_bundles(essays.open().find_task("clamp")).hidden["grading.json"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("scale: [0, 4]", "scale: [4, 4]", "criteria[0].scale: must go from a lower to a higher number, got [4, 4]"),
        ("scale: [0, 4]", "scale: [0, 400]", "criteria[0].scale: has 400 steps, more than 100"),
        ("score: 2", "score: 0", "criteria[1].levels: need at least two different scores"),
        ("id: short", "id: correct", "criteria[1].id: 'correct' is already the id of an earlier criterion"),
        ("show_expected: true", "files: [a.md]", "files: is only allowed for solvers that submit files"),
        ("show_expected: true", "judges: [oracle]", "judges[0]: 'oracle' calls no model, so it cannot judge"),
        ("show_expected: true", "judges: [a/b, a/b]", "judges[1]: 'a/b' is listed twice"),
        ("show_expected: true", "min_agreement: 2", "min_agreement: "),
    ],
)
def test_a_mistake_in_a_rubric_names_its_place(essays: Folder, old: str, new: str, expected: str) -> None:
    essays.edit(COLOURS, old, new)
    assert any(f"checks[0].{expected}" in mistake for mistake in essays.mistakes()), essays.mistakes()


def test_a_rubric_of_files_cannot_compare_with_a_reference(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "checks:\n", f"checks:\n{RUBRIC}")
    assert any("compares with `expected`" in mistake for mistake in folder.mistakes())
    folder.edit("tasks/clamp/task.yaml", "    show_expected: true\n", "    files: ['*.py']\n")
    assert folder.mistakes() == []


def refused(folder: Folder, **request: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSelection) as caught:
        folder.open().resolve(RunRequest(**request))
    return [(error.where, error.message) for error in caught.value.errors]


def test_a_run_with_a_rubric_needs_a_judge(essays: Folder) -> None:
    ((where, message),) = refused(essays, models=("oracle",), tasks=("colours",))
    assert where == "judges" and "assay run --judge MODEL" in message


def test_the_runs_judges_replace_those_of_the_task(essays: Folder) -> None:
    essays.edit(COLOURS, "show_expected: true", "show_expected: true\n    judges: [strict/alpha-large]")
    request = RunRequest(models=("oracle",), tasks=("colours",))
    selection = essays.open().resolve(request)
    (judge,) = selection.judges
    assert (judge.model.name, judge.model.parameters) == ("strict/alpha-large", Parameters(temperature=0.0))
    assert judge.price is not None and judge.price.input_nanousd_per_mtok == 3_500_000_000
    judging = selection.tasks[0].judging
    assert judging is not None and (judging.models, judging.requests) == (("strict/alpha-large",), 1)
    chosen = essays.open().resolve(RunRequest(models=("oracle",), tasks=("colours",), judges=("local/tiny",)))
    assert [each.model.name for each in chosen.judges] == ["local/tiny"]


@pytest.mark.parametrize(
    ("request_", "where", "message"),
    [
        ({"models": ("local/tiny",), "judges": ("local/tiny",)}, "judges[0]", "would judge its own output"),
        ({"judges": ("oracle",)}, "judges[0]", "calls no model, so it cannot judge"),
        ({"judges": ("nobody/x",)}, "judges[0]", "unknown provider 'nobody'"),
        ({"judges": ("local/tiny", "local/tiny")}, "judges[1]", "is listed twice"),
        ({"judges": ("local/tiny",), "tasks": ("clamp",)}, "judges", "none of the run's tasks has a rubric"),
    ],
)
def test_a_wrong_judge_is_refused(essays: Folder, request_: dict[str, Any], where: str, message: str) -> None:
    found = refused(essays, **({"models": ("oracle",), "tasks": ("colours",)} | request_))
    assert any(place == where and message in text for place, text in found), found


def test_a_judge_without_a_price_is_refused_unless_the_run_has_one(essays: Folder) -> None:
    judged: dict[str, Any] = {"models": ("oracle",), "tasks": ("colours",), "judges": ("openai/unpriced",)}
    ((where, message),) = refused(essays, **judged)
    assert where == "judges[0]" and "price" in message
    price = TokenPrice(input_usd_per_mtok="1", output_usd_per_mtok="2")
    (judge,) = essays.open().resolve(RunRequest(**judged, prices={"openai/unpriced": price})).judges
    assert judge.price is not None and judge.price.output_nanousd_per_mtok == 2_000_000_000
