"""Runs are refused only for what a model is known not to accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assay.catalog import InvalidSelection
from assay.contracts.models import Capabilities, Parameters, ToolCalls
from assay.contracts.runs import RunRequest

if TYPE_CHECKING:
    from .conftest import Folder

PNG = b"\x89PNG\r\n\x1a\n1"
ALPHA, BETA = "{name: alpha-large}", "{name: beta/small}"


@pytest.fixture
def charts(folder: Folder) -> Folder:
    """``colours`` has an image, and ``clamp`` is solved by an agent."""
    images = folder.root / "tasks/colours/images"
    images.mkdir()
    (images / "map.png").write_bytes(PNG)
    folder.edit("tasks/colours/task.yaml", "solver: answer", "solver: answer\nimages: [images/map.png]")
    folder.edit("tasks/clamp/task.yaml", "solver: files", "solver: agent\ntools: [bash]\nlimits: {turns: 3}")
    return folder


def declare(folder: Folder, model: str, capabilities: str) -> None:
    folder.edit("models.yaml", model, f"{model[:-1]}, capabilities: {{{capabilities}}}}}")


def refused(folder: Folder, request: RunRequest) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSelection) as caught:
        folder.open().resolve(request)
    assert caught.value.problem.code == "missing_capability"
    return [(error.where, error.message) for error in caught.value.errors]


def test_a_model_without_vision_is_refused_for_a_task_with_images(charts: Folder) -> None:
    declare(charts, ALPHA, "vision: false")
    request = RunRequest(models=("oracle", "strict/alpha-large"), tasks=("clamp", "colours"))
    message = (
        "model 'strict/alpha-large': task 'colours' needs images, which strict/alpha-large does not accept; choose a "
        "model that accepts images, or remove the task from the run"
    )
    assert refused(charts, request) == [("models[1]", message)]
    assert charts.open().resolve(RunRequest(models=("strict/alpha-large",), tasks=("clamp",))).attempts == 1


def test_only_the_images_of_selected_samples_count(charts: Folder) -> None:
    declare(charts, ALPHA, "vision: false")
    charts.edit("tasks/colours/task.yaml", "images: [images/map.png]\n", "")
    charts.edit("tasks/colours/samples.jsonl", '"sea",', '"sea", "images": ["images/map.png"],')
    request = RunRequest(models=("strict/alpha-large",), tasks=("colours",), samples=2)
    assert charts.open().resolve(request).attempts == 2
    assert len(refused(charts, RunRequest(models=("strict/alpha-large",), tasks=("colours",)))) == 1


def test_a_model_without_tools_is_refused_for_an_agent_unless_tools_are_text(charts: Folder) -> None:
    declare(charts, BETA, "tools: false")
    ((where, message),) = refused(charts, RunRequest(models=("strict/beta/small",), tasks=("clamp", "colours")))
    assert where == "models[0]"
    assert message.startswith("model 'strict/beta/small': task 'clamp' needs tools, which strict/beta/small does not")
    assert "set its parameter `tools: text`" in message
    text = RunRequest(models=("strict/beta/small",), tasks=("clamp",), parameters=Parameters(tools=ToolCalls.TEXT))
    assert charts.open().resolve(text).attempts == 1


def test_tasks_that_a_model_cannot_do_are_left_out_on_request(charts: Folder) -> None:
    declare(charts, ALPHA, "vision: false")
    request = RunRequest(models=("oracle", "strict/alpha-large"), tasks=("clamp", "colours"), skip_unsuitable=True)
    selection = charts.open().resolve(request)
    assert [each.task.task_id for each in selection.tasks] == ["clamp"]
    assert selection.notes == ("task 'colours' is left out: it needs images, which strict/alpha-large does not accept",)


def test_a_run_of_which_no_task_is_left_is_refused(charts: Folder) -> None:
    declare(charts, ALPHA, "vision: false")
    request = RunRequest(models=("strict/alpha-large",), tasks=("colours",), skip_unsuitable=True)
    with pytest.raises(InvalidSelection) as caught:
        charts.open().resolve(request)
    (error,) = caught.value.errors
    assert error.where == "skip_unsuitable"
    assert error.message.startswith("no task is left: task 'colours' is left out: it needs images")


def test_a_task_that_nobody_judges_is_left_out_on_request(charts: Folder) -> None:
    rubric = "checks: [{kind: rubric, criteria: [{id: clear, text: Is it clear?}]}]\n"
    text = (charts.root / "tasks/colours/task.yaml").read_text()
    (charts.root / "tasks/colours/task.yaml").write_text(text[: text.index("checks:")] + rubric)
    samples = charts.root / "tasks/colours/samples.jsonl"
    samples.write_text('{"sample_id": "grass", "input": "grass", "reference": "green"}\n')
    request = RunRequest(models=("oracle",), tasks=("clamp", "colours"), skip_unsuitable=True)
    selection = charts.open().resolve(request)
    assert [each.task.task_id for each in selection.tasks] == ["clamp"]
    assert selection.notes == ("task 'colours' is left out: a model grades it, and no judge is chosen",)


@pytest.mark.parametrize("capabilities", ["vision: true", "vision: null", "context_tokens: 10"])
def test_what_is_unknown_or_accepted_passes(charts: Folder, capabilities: str) -> None:
    declare(charts, ALPHA, capabilities)
    request = RunRequest(models=("strict/alpha-large", "openai/gpt-4o-mini", "scripted/canned"), tasks=("colours",))
    assert charts.open().resolve(request).attempts == 9


def test_the_embedded_model_is_known_to_accept_no_images(charts: Folder) -> None:
    ((_, message),) = refused(charts, RunRequest(models=("local/tiny",), tasks=("colours",)))
    assert "needs images, which local/tiny does not accept" in message
    charts.edit("models.yaml", "{name: tiny,", "{name: tiny, capabilities: {vision: true},")
    where = "catalog/models.yaml:6: providers.local.models[0].capabilities.vision"
    assert charts.mistakes()[0] == f"{where}: models of kind 'embedded' accept no images; remove it"


def test_several_tasks_are_named_in_one_error(charts: Folder) -> None:
    for number in range(4):
        task = (charts.root / "tasks/clamp/task.yaml").read_text().replace("id: clamp", f"id: clamp_{number}")
        charts.write(f"tasks/clamp_{number}/task.yaml", task)
        for path in (charts.root / "tasks/clamp").rglob("*.py"):
            charts.write(f"tasks/clamp_{number}/{path.relative_to(charts.root / 'tasks/clamp')}", path.read_text())
    declare(charts, ALPHA, "tools: false")
    ((_, message),) = refused(charts, RunRequest(models=("strict/alpha-large",), categories=("coding",)))
    assert "tasks 'clamp', 'clamp_0', 'clamp_1' and 2 more need tools, which" in message
    assert message.endswith("or remove them from the run")


def test_the_context_window_comes_from_the_price_database_unless_it_is_declared(charts: Folder) -> None:
    assert charts.open().capabilities("openai/gpt-4o-mini") == Capabilities(context_tokens=128_000)
    charts.edit("models.yaml", "gpt-4o-mini}", "gpt-4o-mini, capabilities: {context_tokens: 9, reasoning: false}}")
    assert charts.open().capabilities("openai/gpt-4o-mini") == Capabilities(context_tokens=9, reasoning=False)
    assert charts.open().capabilities("strict/alpha-large") == Capabilities()
    assert charts.open().capabilities("local/tiny") == Capabilities(vision=False)


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ("visoin: true", "capabilities.visoin: unknown field 'visoin'; did you mean 'vision'?"),
        ("vision: maybe", 'capabilities.vision: must be true or false or null, got "maybe"'),
        ("context_tokens: 0", "capabilities.context_tokens: must be at least 1, got 0"),
    ],
)
def test_mistakes_in_capabilities(charts: Folder, capabilities: str, expected: str) -> None:
    declare(charts, ALPHA, capabilities)
    assert charts.mistakes()[0] == f"catalog/models.yaml:18: providers.strict.models[0].{expected}"
