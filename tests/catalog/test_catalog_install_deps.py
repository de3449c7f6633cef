"""``--install-deps``: tasks with their requirements installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assay.catalog import Selection, make_bundles
from assay.catalog.errors import InvalidSelection
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import decode
from assay.contracts.runs import RunPlan, RunRequest
from assay.contracts.sandboxes import SandboxKind
from assay.contracts.tasks import HiddenTask, PublicTask
from services.ledger.attempts.content_key import content_key

if TYPE_CHECKING:
    from .conftest import Folder


def asked(folder: Folder, *, install_deps: bool = True, tasks: tuple[str, ...] = ("clamp", "colours")) -> Selection:
    request = RunRequest(models=("oracle",), tasks=tasks, install_deps=install_deps)
    return folder.open().resolve(request)


def wrong(folder: Folder) -> tuple[str, list[str]]:
    with pytest.raises(InvalidSelection) as refused:
        asked(folder)
    problem = refused.value.problem
    assert {error.where for error in problem.errors} == {"install_deps"}
    return problem.code, [error.message for error in problem.errors]


def require(folder: Folder, text: str) -> None:
    folder.write("tasks/clamp/workspace/requirements.txt", text)


def test_attempt_and_judge_get_the_image_and_the_digest_stays(folder: Folder) -> None:
    require(folder, "# what it needs\niniconfig == 2.1.0  # small\n\nattrs[a, b]>=24,<26\nplain\n")
    selected, other = asked(folder).tasks
    usual, _ = asked(folder, install_deps=False).tasks
    made = make_bundles(selected.task)
    public, hidden = decode(PublicTask, made.public["task.json"]), decode(HiddenTask, made.hidden["grading.json"])
    assert public.sandbox == hidden.sandbox
    build = public.sandbox.build
    assert build.keys() == {"Dockerfile", "requirements.txt"}
    assert build["requirements.txt"] == b"iniconfig == 2.1.0\nattrs[a, b]>=24,<26\nplain\n"
    lines = build["Dockerfile"].decode().splitlines()
    assert [line for line in lines if line.startswith("FROM")] == [
        "FROM assay/sandbox-python:latest AS installing",
        "FROM assay/sandbox-python:latest",
    ]
    assert not usual.task.manifest.sandbox.build
    assert not other.task.manifest.sandbox.build
    assert selected.task.digest == usual.task.digest
    ref = ArtifactRef(sha256="a" * 64, size_bytes=1)
    assert selected.pin(public=ref, hidden=ref, reference=ref).sandboxes == ("docker",)
    assert usual.pin(public=ref, hidden=ref, reference=ref).sandboxes == tuple(SandboxKind)


def test_equal_requirements_give_the_same_image(folder: Folder) -> None:
    require(folder, "iniconfig==2.1.0\n")
    first = asked(folder).tasks[0].task
    require(folder, "# again\n\niniconfig==2.1.0")
    again = asked(folder).tasks[0].task
    require(folder, "iniconfig==2.0.0\n")
    third = asked(folder).tasks[0].task
    assert first.digest != again.digest
    assert first.manifest.sandbox.build == again.manifest.sandbox.build != third.manifest.sandbox.build


def test_attempts_with_and_without_requirements_have_different_keys(folder: Folder) -> None:
    require(folder, "iniconfig\n")
    ref = ArtifactRef(sha256="a" * 64, size_bytes=1)
    keys: set[str] = set()
    for fields in ({}, {"install_deps": True}, {"include_tests": True}, {"install_deps": True, "include_tests": True}):
        keys.add(_key(folder, ref, fields))
    assert len(keys) == 4


def _key(folder: Folder, ref: ArtifactRef, fields: dict[str, Any]) -> str:
    selection = asked(folder, install_deps=fields.get("install_deps", False), tasks=("clamp",))
    pins = tuple(each.pin(public=ref, hidden=ref, reference=ref) for each in selection.tasks)
    plan = RunPlan(tasks=pins, models=selection.models, **fields)
    return content_key(plan, plan.tasks[0], plan.models[0], "main", 0)


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n\n"])
def test_installing_without_requirements_is_refused(folder: Folder, text: str | None) -> None:
    if text is not None:
        require(folder, text)
    code, (message,) = wrong(folder)
    assert code == "no_requirements"
    assert message.startswith("none of the run's tasks has requirements in workspace/requirements.txt")


@pytest.mark.parametrize("own", ["image", "environment"])
def test_a_task_with_its_own_image_is_unchanged(folder: Folder, own: str) -> None:
    require(folder, "iniconfig\n")
    if own == "image":
        folder.edit("tasks/clamp/task.yaml", "instructions:", "sandbox: {image: some/image}\ninstructions:")
    else:
        folder.write("tasks/clamp/environment/Dockerfile", "FROM some/image\n")
    assert wrong(folder)[0] == "no_requirements"


@pytest.mark.parametrize(
    "line",
    [
        "--index-url=x",
        "-r other.txt",
        "-e .",
        "./package",
        "..",
        "package.whl",
        "package-1.0.tar.gz",
        "a @ file:///a",
        "git+ssh://a/b",
        "a==1 --hash=sha256:00",
        "a==1; python_version<'3'",
        "a==1 b==2",
        "a==1 \\",
        "a==${VERSION}",
        "a==-1",
        "\ufeffa",
    ],
)
def test_an_unsupported_requirement_is_refused_with_its_line(folder: Folder, line: str) -> None:
    require(folder, f"# -*- coding: utf-7 -*-\nfine==1.0\n{line}\n")
    code, (message,) = wrong(folder)
    assert code == "invalid_requirements"
    assert message.startswith(f"task 'clamp', workspace/requirements.txt, line 3: {line!r} is not a plain requirement")


def test_too_many_requirements_are_refused(folder: Folder) -> None:
    require(folder, "iniconfig\n" * 2_001)
    assert wrong(folder) == (
        "invalid_requirements",
        ["task 'clamp', workspace/requirements.txt has 20010 bytes, more than 20000"],
    )
