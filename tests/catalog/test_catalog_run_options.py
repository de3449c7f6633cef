"""Options of a run request: lower limits, its own responses, the hidden tests shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.artifacts import unpack
from assay.artifacts.bundle import pack
from assay.catalog import Catalog, make_bundles
from assay.catalog.errors import InvalidSelection
from assay.catalog.tasks.include_tests import with_tests_shown
from assay.contracts.codec import decode
from assay.contracts.replay import Responses
from assay.contracts.runs import RunRequest
from assay.contracts.tasks import AttemptLimits, PublicTask


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.open(Path(__file__).parents[2] / "catalog")


def asked(catalog: Catalog, **fields: Any) -> Any:
    given: dict[str, Any] = {"models": ("oracle",), "tasks": ("add_two", "ticket_routing"), **fields}
    return catalog.resolve(RunRequest(**given))


def wrong(catalog: Catalog, **fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidSelection) as refused:
        asked(catalog, **fields)
    return {error.where: error.message for error in refused.value.problem.errors}


def test_limits_are_lowered_or_set_where_a_task_has_none(catalog: Catalog) -> None:
    limits = AttemptLimits(wall_seconds=5.0, max_tokens=10, tokens=500, cost_usd="0.01", tool_calls=3, turns=2)
    for task in asked(catalog, attempt_limits=limits).tasks:
        assert (task.limits.wall_seconds, task.limits.max_tokens, task.limits.tokens) == (5.0, 10, 500)
        assert (task.limits.cost_usd, task.limits.tool_calls, task.limits.turns) == ("0.01", 3, 2)


def test_raising_a_limit_is_refused_with_the_lowest_task(catalog: Catalog) -> None:
    lowest = min(asked(catalog).tasks, key=lambda task: task.limits.wall_seconds)
    mistakes = wrong(catalog, attempt_limits=AttemptLimits(wall_seconds=86_400))
    bound = lowest.limits.wall_seconds
    assert mistakes == {
        "attempt_limits.wall_seconds": f"86400 exceeds {bound:g} of task {lowest.task.task_id!r}; "
        "a run can only lower a task's limit"
    }


def test_responses_are_a_model_of_their_own(catalog: Catalog) -> None:
    responses = Responses(responses={"add_two": "x"}, default="y")
    (pin,) = asked(catalog, models=("replay/mine",), responses=responses).models
    assert (pin.model.name, pin.price.free) == ("replay/mine", True)


@pytest.mark.parametrize(
    ("fields", "where", "expected"),
    [
        ({"models": ("replay/mine",)}, "models[0]", "the run has no responses"),
        ({"responses": Responses(default="x")}, "responses", "need exactly one model named replay/NAME; the run has 0"),
        (
            {"models": ("replay/a", "replay/b"), "responses": Responses(default="x")},
            "responses",
            "need exactly one model named replay/NAME; the run has 2",
        ),
        (
            {"models": ("replay/a",), "responses": Responses(responses={"add_to": "x"})},
            "responses",
            "none belongs to a task of this run; its tasks: add_two, ticket_routing; the responses are to add_to",
        ),
        (
            {"models": ("replay/a",), "responses": Responses(responses={"add_two": {"mian": "x"}})},
            "responses",
            "no response to add_two/main, ticket_routing/t01, ",
        ),
        (
            {"models": ("replay/a",), "tasks": ("add_two",), "responses": Responses(responses={})},
            "responses",
            "no response to add_two/main, and no default",
        ),
    ],
)
def test_responses_that_do_not_fit_the_run_are_refused(
    catalog: Catalog, fields: dict[str, Any], where: str, expected: str
) -> None:
    assert expected in wrong(catalog, **fields)[where]


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ({"add_two": "x"}, ()),
        ({"add_two": "x", "add_to": "y"}, ("responses to 1 task that is not in this run were not used: add_to (did",)),
        ({f"q{n}": "x" for n in range(7)}, ("responses to 7 tasks that are not in this run were not used: q0, q1",)),
        ({"add_two": {"main": "x", "mian": "y"}}, ("task 'add_two': responses to 1 sample that is not in this run",)),
        ({"add_two": {"default": "x"}}, ()),
    ],
)
def test_responses_to_other_tasks_are_left_out_with_a_note(
    catalog: Catalog, responses: dict[str, Any], expected: tuple[str, ...]
) -> None:
    found = asked(catalog, models=("replay/a",), responses=Responses(responses=responses, default="z")).notes
    assert len(found) == len(expected)
    assert all(note.startswith(start) for note, start in zip(found, expected, strict=True)), found


def test_included_tests_are_added_to_the_instructions_only(catalog: Catalog) -> None:
    selected, routed = asked(catalog, include_tests=True).tasks
    (plain, _) = asked(catalog).tasks
    made = make_bundles(selected.task)
    (name, test), *_ = [(path, data) for path, data in made.hidden.items() if path.startswith("tests/")]
    shown = unpack(pack(with_tests_shown(made, selected.tests)))
    instructions = decode(PublicTask, shown["task.json"]).instructions
    assert name in instructions and test.decode().strip() in instructions
    assert test.decode().strip() not in made.public["task.json"].decode()
    assert shown.keys() == made.public.keys()
    assert (plain.tests, routed.tests) == ("", "")
    refs = dict.fromkeys(("public", "hidden", "reference"), _ref())
    assert selected.pin(**refs).prompt_bytes - plain.pin(**refs).prompt_bytes == len(selected.tests.encode())


def test_including_tests_is_refused_for_tasks_without_tests(catalog: Catalog) -> None:
    mistakes = wrong(catalog, tasks=("ticket_routing",), include_tests=True)
    assert mistakes == {"include_tests": "none of the run's tasks has hidden tests to show"}


def _ref() -> Any:
    from assay.contracts.artifacts import ArtifactRef

    return ArtifactRef(sha256="a" * 64, size_bytes=1)
