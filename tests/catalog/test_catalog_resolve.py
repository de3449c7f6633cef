"""A run request becomes a selection, or one error with every field that cannot be resolved."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from assay.catalog import InvalidSelection, UnknownModel, UnknownSuite, UnknownTask
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.models import Parameters
from assay.contracts.runs import RunRequest
from assay.contracts.tasks import Difficulty, Solver

if TYPE_CHECKING:
    from .conftest import Folder


def refused(folder: Folder, request: RunRequest) -> InvalidSelection:
    with pytest.raises(InvalidSelection) as caught:
        folder.open().resolve(request)
    return caught.value


def test_a_suite_provides_tasks_and_defaults(folder: Folder) -> None:
    selection = folder.open().resolve(RunRequest(models=("oracle", "nop"), suite="small"))
    assert [selected.task.task_id for selected in selection.tasks] == ["colours", "clamp"]
    assert [selected.sample_ids for selected in selection.tasks] == [("grass", "blood"), ("main",)]
    assert [selected.weight for selected in selection.tasks] == [3.0, 1.0]
    assert (selection.suite, selection.repeats, selection.attempts) == ("small", 2, 12)


def test_the_tasks_of_a_category_share_its_weight(folder: Folder) -> None:
    copy = shutil.copytree(folder.root / "tasks/clamp", folder.root / "tasks/clamp_again")
    manifest = (copy / "task.yaml").read_text()
    (copy / "task.yaml").write_text(manifest.replace("id: clamp\n", "id: clamp_again\n"))
    weights_of_both = "category_weights: {coding: 4, questions: 5}\nweights: {colours: 3}"
    folder.edit("suites/small.yaml", "weights: {colours: 3}", weights_of_both)
    selection = folder.open().resolve(RunRequest(models=("oracle",), suite="small"))
    weights = {selected.task.task_id: selected.weight for selected in selection.tasks}
    assert weights == {"colours": 3.0, "clamp": 2.0, "clamp_again": 2.0}
    (view,) = folder.open().suites()
    assert view.weights == weights


def test_a_suite_s_limits_lower_those_of_its_tasks(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "language: python", "limits: {max_tokens: 20, wall_seconds: 9}")
    selection = folder.open().resolve(RunRequest(models=("oracle",), suite="small"))
    limits = {selected.task.task_id: selected.limits for selected in selection.tasks}
    assert (limits["colours"].max_tokens, limits["colours"].wall_seconds) == (50, 120.0)
    assert (limits["clamp"].max_tokens, limits["clamp"].wall_seconds) == (20, 9.0)


def test_a_request_overrides_repeats_and_samples(folder: Folder) -> None:
    request = RunRequest(models=("oracle",), suite="small", repeats=5, samples=1)
    selection = folder.open().resolve(request)
    assert selection.tasks[0].sample_ids == ("grass",)
    assert selection.attempts == 2 * 5


def test_tasks_and_categories_are_combined_without_duplicates(folder: Folder) -> None:
    request = RunRequest(models=("oracle",), tasks=("colours", "clamp"), categories=("questions", "coding"))
    selection = folder.open().resolve(request)
    assert [selected.task.task_id for selected in selection.tasks] == ["colours", "clamp"]
    assert selection.tasks[0].sample_ids == ("grass", "blood", "sea")
    assert selection.suite == ""


def test_the_request_s_parameters_override_the_model_s(folder: Folder) -> None:
    asked = Parameters(max_tokens=7, extra={"min_p": 0.5})
    selection = folder.open().resolve(RunRequest(models=("local/tiny",), tasks=("clamp",), parameters=asked))
    (pin,) = selection.models
    assert pin.model.parameters == Parameters(temperature=0.0, max_tokens=7, extra={"top_k": 1, "min_p": 0.5})


def test_all_unknown_names_are_reported_at_once_with_suggestions(folder: Folder) -> None:
    request = RunRequest(
        models=("oracl", "opnai/gpt", "strict/alpha-lage"), suite="smal", tasks=("clmp",), categories=("codin",)
    )
    error = refused(folder, request)
    assert [(found.where, found.near) for found in error.errors] == [
        ("suite", "small"),
        ("categories[0]", "coding"),
        ("tasks[0]", "clamp"),
        ("models[0]", "oracle"),
        ("models[1]", "openai"),
        ("models[2]", "strict/alpha-large"),
    ]
    assert error.problem.code == "invalid_run"
    assert "models[1]: unknown provider 'opnai'; did you mean 'openai'?" in error.problem.detail


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (RunRequest(models=("oracle",), tasks=("clmp",)), "unknown_task"),
        (RunRequest(models=("oracle",), suite="smal"), "unknown_suite"),
        (RunRequest(models=("oracle",), categories=("codin",)), "unknown_category"),
        (RunRequest(models=("gpt-4o-mini",), suite="small"), "unknown_model"),
        (RunRequest(models=("opnai/x",), suite="small"), "unknown_provider"),
        (RunRequest(models=("openai/none-such",), suite="small"), "unpriced_model"),
        (RunRequest(models=("oracle",)), "nothing_selected"),
        (RunRequest(models=("oracle", "oracle"), suite="small"), "repeated_model"),
    ],
)
def test_errors_of_one_kind_give_the_problem_s_code(folder: Folder, request_: RunRequest, code: str) -> None:
    problem = refused(folder, request_).problem
    assert (problem.code, problem.status, len(problem.errors)) == (code, 422, 1)


def test_an_invalid_task_s_mistakes_are_in_the_run_s_error(folder: Folder) -> None:
    folder.edit("tasks/clamp/task.yaml", "kind: tests", "kind: test")
    error = refused(folder, RunRequest(models=("oracle",), categories=("coding",)))
    assert "catalog/tasks/clamp/task.yaml:10: checks[0].kind: unknown check 'test'" in error.problem.detail
    assert error.problem.code == "invalid_catalog"


def test_lookups_raise_typed_errors_with_a_suggestion(folder: Folder) -> None:
    catalog = folder.open()
    with pytest.raises(UnknownTask, match="unknown task 'clmp'; did you mean 'clamp'") as task:
        catalog.find_task("clmp")
    assert (task.value.near, task.value.problem.status, task.value.problem.code) == ("clamp", 404, "unknown_task")
    with pytest.raises(UnknownSuite, match="unknown suite 'huge'; one of small"):
        catalog.find_suite("huge")
    with pytest.raises(UnknownModel, match="'scripted/caned'; did you mean 'scripted/canned'"):
        catalog.script("scripted/caned")


def test_names_are_never_used_as_paths(folder: Folder) -> None:
    catalog = folder.open()
    for name in ("../tasks/clamp", "clamp/../clamp", "", ".", "/etc", "clamp/workspace"):
        with pytest.raises(UnknownTask):
            catalog.find_task(name)
        with pytest.raises(UnknownSuite):
            catalog.find_suite(name)
        with pytest.raises(UnknownModel):
            catalog.script(f"scripted/{name}")


def test_the_registry_lists_baselines_models_and_scripts(folder: Folder) -> None:
    assert folder.open().registry().names() == [
        "oracle",
        "nop",
        "local/tiny",
        "openai/gpt-4o-mini",
        "strict/alpha-large",
        "strict/beta/small",
        "scripted/canned",
    ]


def test_a_provider_of_any_model_accepts_unlisted_names(folder: Folder) -> None:
    registry = folder.open().registry()
    assert registry.entry("openai/ft:gpt-4o-mini:me").name == "ft:gpt-4o-mini:me"
    for name in ("openai/", "oracle/x", "strict/gamma", "scripted/none", "local"):
        with pytest.raises(UnknownModel):
            registry.entry(name)


def test_a_script_s_response_is_found_by_sample_then_task_then_default(folder: Folder) -> None:
    script = folder.open().script("scripted/canned")
    assert script.response("colours", "grass") == "green"
    assert script.response("colours", "blood") == "red"
    assert script.response("clamp", "main") == "a response"
    assert script.response("other", "main") == "no idea"


def test_a_task_pin_has_what_the_ledger_needs(folder: Folder) -> None:
    selection = folder.open().resolve(RunRequest(models=("oracle",), suite="small"), date(2025, 6, 1))
    refs = {
        name: ArtifactRef(sha256=character * 64, size_bytes=1) for name, character in zip("phr", "abc", strict=True)
    }
    pin = selection.tasks[0].pin(public=refs["p"], hidden=refs["h"], reference=refs["r"])
    assert (pin.task_id, pin.category, pin.difficulty, pin.solver) == (
        "colours",
        "questions",
        Difficulty.TRIVIAL,
        Solver.ANSWER,
    )
    assert (pin.digest, pin.weight, pin.hidden) == (selection.tasks[0].task.digest, 3.0, refs["h"])


def test_a_task_pin_has_the_size_of_the_longest_selected_prompt(folder: Folder) -> None:
    def longest(samples: int = 0) -> int:
        ref = ArtifactRef(sha256="a" * 64, size_bytes=1)
        selection = folder.open().resolve(RunRequest(models=("oracle",), tasks=("colours",), samples=samples))
        return selection.tasks[0].pin(public=ref, hidden=ref, reference=ref).prompt_bytes

    words = len("Answer with one word.") + len("\n\n")
    assert longest() == words + len("What colour is the sea on a map?")
    assert longest(samples=2) == words + len("What colour is grass?")


def test_a_model_pin_has_the_provider_s_maximum_of_concurrent_attempts(folder: Folder) -> None:
    folder.edit("models.yaml", "api_key_env: EXAMPLE_KEY", "concurrency: 9")
    asked = RunRequest(models=("openai/gpt-4o-mini", "local/tiny", "oracle", "scripted/canned"), tasks=("clamp",))
    pins = folder.open().resolve(asked).models
    assert [pin.provider_concurrency for pin in pins] == [9, 8, 0, 0]


@pytest.mark.parametrize(("kind", "one"), [("lmstudio", True), ("transformers", True), ("ollama", False)])
def test_a_model_pin_says_whether_its_provider_has_one_model_at_a_time(folder: Folder, kind: str, one: bool) -> None:
    folder.write(
        "models.yaml",
        f"""
        providers:
          lab: {{kind: {kind}, title: Lab, base_url: "http://127.0.0.1:1", any_model: true, local: true}}
    """,
    )
    (pin,) = folder.open().resolve(RunRequest(models=("lab/qwen3-8b",), tasks=("clamp",))).models
    assert pin.one_model_at_a_time is one


@pytest.mark.parametrize("amount", ["0", "-1", "many"])
@pytest.mark.parametrize("limit", ["requests_per_minute", "tokens_per_minute", "concurrency"])
def test_a_provider_s_limits_are_at_least_one(folder: Folder, limit: str, amount: str) -> None:
    folder.edit("models.yaml", "api_key_env: EXAMPLE_KEY", f"{limit}: {amount}")
    assert any(f"providers.openai.{limit}" in mistake for mistake in folder.mistakes())
