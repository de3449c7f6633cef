"""Writing tasks: what ``assay tasks new`` creates works, and editors can check it by the published schema."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from assay.catalog import Catalog, load_task, make_bundles
from assay.catalog.tasks.folder import files_in
from assay.catalog.tasks.schema import SCHEMA_FILE, schema_text, task_schema
from assay.catalog.templates import TEMPLATES, new_task
from assay.cli.errors import USAGE
from services.judge.artifacts.hidden_bundles import parse_hidden_bundle
from services.judge.grading.grade import grade
from tests.cli.harness import run_assay
from tests.judge.harness import RealTools

INTERPRETED = ("python", "javascript", "html", "answer", "agent")
CATALOG = Path(__file__).parents[2] / "catalog"
VALIDATOR = jsonschema.Draft202012Validator(task_schema())


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalogue without tasks."""
    folder = tmp_path / "catalog"
    (folder / "tasks").mkdir(parents=True)
    for name in ("models.yaml", "prices.yaml"):
        shutil.copy(CATALOG / name, folder / name)
    return folder


def test_a_template_is_graded_as_it_must_be(tmp_path: Path, catalog: Path) -> None:
    for template in INTERPRETED:
        made = run_assay(tmp_path, "tasks", "new", f"my_{template}", "--template", template, ASSAY_CATALOG=str(catalog))
        assert (made.code, made.err) == (0, "")
        assert f"assay tasks validate my_{template} --full" in made.out
    options = ("--all", "--full", "--strict", "--json")
    found = run_assay(tmp_path, "tasks", "validate", *options, ASSAY_CATALOG=str(catalog))
    states = {state["task"]: state for state in json.loads(found.out)}
    assert found.code == 0, found.out
    for template in INTERPRETED:
        trials = states[f"my_{template}"]["trials"]
        assert {trial["verdict"]["score"] for trial in trials} == {0.0, 1.0}


@pytest.mark.parametrize("template", [each for each in TEMPLATES if each not in INTERPRETED])
async def test_the_reference_of_a_compiled_template_passes(tmp_path: Path, template: str) -> None:
    """Not its no-op and cheats, because each takes seconds to compile."""
    for path, content in new_task(template, "trial", "Trial", "coding", "easy").items():
        (tmp_path / "trial" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "trial" / path).write_bytes(content)
    task = load_task(tmp_path / "trial")
    hidden = parse_hidden_bundle(make_bundles(task).hidden)
    graded = await grade(hidden, "main", files_in(task.files, "reference"), RealTools())
    assert graded.verdict.score == 1.0, graded.verdict.reason


def test_options_become_fields_of_the_manifest(tmp_path: Path, catalog: Path) -> None:
    options = ("--title", 'It\'s: a "trial"', "--category", "data", "--difficulty", "expert", "--into", str(catalog))
    made = json.loads(run_assay(tmp_path, "tasks", "new", "trial", *options, "--json").out)
    assert made["files"][-1] == "workspace/solution.py"
    task = Catalog.open(catalog).find_task("trial").manifest
    assert (task.title, task.category, task.difficulty) == ('It\'s: a "trial"', "data", "expert")
    assert (
        (catalog / "tasks/trial/task.yaml")
        .read_text()
        .startswith(f"# yaml-language-server: $schema=../../{SCHEMA_FILE}\n")
    )
    assert (catalog / SCHEMA_FILE).read_text() == schema_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Trial",), "'Trial' does not fit: a task id: lower-case letters, digits and _, at most 64 characters"),
        (("../trial",), "'../trial' does not fit"),
        (("trial", "--category", "Sub Jects"), "'Sub Jects' does not fit: lower-case letters"),
        (("trial", "--template", "pyton"), "unknown template 'pyton'; did you mean 'python'?"),
        (("taken",), "exists already; choose another id, or remove it first"),
    ],
)
def test_what_cannot_be_created_is_refused_and_leaves_nothing(
    tmp_path: Path, catalog: Path, arguments: tuple[str, ...], message: str
) -> None:
    (catalog / "tasks/taken").mkdir()
    refused = run_assay(tmp_path, "tasks", "new", *arguments, "--into", str(catalog))
    assert refused.code == USAGE
    assert message in refused.err
    assert [path.name for path in (catalog / "tasks").iterdir()] == ["taken"]
    assert list((catalog / "tasks/taken").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, catalog: Path) -> None:
    shutil.rmtree(catalog / "tasks")
    (catalog / "tasks").write_text("a file")
    refused = run_assay(tmp_path, "tasks", "new", "trial", "--into", str(catalog))
    assert refused.code == USAGE
    assert f"cannot create {catalog}/tasks/trial" in refused.err


def test_the_catalogue_has_the_schema_of_this_version(tmp_path: Path) -> None:
    """After a change: assay tasks schema --output catalog/task.schema.json"""
    assert (CATALOG / SCHEMA_FILE).read_text() == schema_text()
    printed = run_assay(tmp_path, "tasks", "schema")
    assert printed.out == schema_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(printed.out))
    run_assay(tmp_path, "tasks", "schema", "--output", str(tmp_path / "written.json"))
    assert (tmp_path / "written.json").read_text() == schema_text()


@pytest.mark.parametrize("path", sorted(CATALOG.glob("tasks/*/task.yaml")), ids=lambda path: path.parent.name)
def test_the_schema_accepts_every_task(path: Path) -> None:
    manifest = yaml.safe_load(path.read_text())
    if (path.parent / "samples.jsonl").exists():
        manifest.pop("samples", None)
    assert [error.message for error in VALIDATOR.iter_errors(manifest)] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"difficulty": "hrad"}, "'hrad' is not one of"),
        ({"dificulty": "hard"}, "Additional properties are not allowed ('dificulty' was unexpected)"),
        ({"id": "Trial"}, "does not match"),
        ({"limits": {"wall_seconds": 0}}, "0 is less than or equal to the minimum of 0"),
        ({"checks": []}, "[] should be non-empty"),
        ({"checks": [{"kind": "tset", "expected": ["a"]}]}, "is not valid under any of the given schemas"),
    ],
)
def test_the_schema_finds_mistakes(change: dict[str, Any], message: str) -> None:
    manifest = yaml.safe_load((CATALOG / "tasks/add_two/task.yaml").read_text())
    (error,) = VALIDATOR.iter_errors({**manifest, **change})
    assert message in error.message
