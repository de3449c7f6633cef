"""A task's sandbox: services, egress hosts, and its image's build context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assay.catalog import make_bundles
from assay.contracts.codec import decode
from assay.contracts.tasks import HiddenTask, PublicTask

if TYPE_CHECKING:
    from .conftest import Folder

TASK = "tasks/clamp/task.yaml"
DB = "{name: db, image: some/db:1, ports: [5432]}"


def with_sandbox(folder: Folder, sandbox: str) -> None:
    folder.edit(TASK, "instructions:", f"sandbox: {sandbox}\ninstructions:")


@pytest.mark.parametrize(
    ("sandbox", "expected"),
    [
        (f"{{services: [{DB}, {DB}]}}", "services[1].name: 'db' is already the name of an earlier service"),
        (f"{{services: [{DB}, {{name: b, image: b, ports: [5432]}}]}}", "5432 is listed twice; all services"),
        ("{services: [{name: db, image: some/db}]}", "services[0]: has neither ports nor health"),
        ("{services: [{name: db, image: a, ports: [1], capabilities: [SYS_ADMIN]}]}", "SYS_ADMIN"),
        ("{services: [{name: db, image: a, ports: [1], data: [../x]}]}", "services[0].data"),
        (
            "{services: [{name: db, image: a, ports: [3128]}], egress: [a.example]}",
            "3128 is reserved for the egress proxy",
        ),
        ("{egress: ['*.example']}", "sandbox.egress"),
        ("{egress: ['http://a.example']}", "sandbox.egress"),
        ("{egress: [a.example, a.example]}", "a.example is listed twice"),
        ("{image: 'a@sha256:12'}", "sandbox.image"),
        (
            "{build: {Dockerfile: Rk9P}}",
            "sandbox.build: cannot be set here; put the Dockerfile in the folder environment/",
        ),
    ],
)
def test_a_mistake_is_reported(folder: Folder, sandbox: str, expected: str) -> None:
    with_sandbox(folder, sandbox)
    (mistake, *_) = folder.refusal("clamp").mistakes
    assert expected in str(mistake)


def test_both_sandboxes_are_built_from_the_folder_environment(folder: Folder) -> None:
    before = folder.open().find_task("clamp")
    folder.write("tasks/clamp/environment/Dockerfile", "FROM some/image\nCOPY etc/x /x\n")
    folder.write("tasks/clamp/environment/etc/x", "1\n")
    task = folder.open().find_task("clamp")
    made = make_bundles(task)
    public, hidden = decode(PublicTask, made.public["task.json"]), decode(HiddenTask, made.hidden["grading.json"])
    assert public.sandbox.build == {"Dockerfile": b"FROM some/image\nCOPY etc/x /x\n", "etc/x": b"1\n"}
    assert hidden.sandbox == public.sandbox
    assert public.sandbox.needs_containers
    folder.write("tasks/clamp/environment/etc/x", "2\n")
    assert len({before.digest, task.digest, folder.open().find_task("clamp").digest}) == 3


def test_an_environment_needs_a_dockerfile_and_excludes_an_image(folder: Folder) -> None:
    with_sandbox(folder, "{image: some/image}")
    folder.write("tasks/clamp/environment/x", "x" * 100_001)
    expected = "\n".join(map(str, folder.refusal("clamp").mistakes))
    assert "is set although there is a folder environment/" in expected
    assert "environment/ has no Dockerfile" in expected
    assert "100001 bytes" in expected
