"""Solver ``files``: whole files and diffs, applied in real sandboxes."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from assay.contracts.attempts import Fault
from assay.contracts.tasks import SandboxSpec
from assay.contracts.verdicts import Outcome
from assay.sandbox import Availability, Mounts, Sandbox
from assay.sandbox.errors import SandboxNotStarted
from services.runner.handlers import on_ticket
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import RunnerHarness

RIGHT = "def total(*numbers):\n    return sum(numbers)\n"
PATCH = """--- a/total.py
+++ b/total.py
@@ -1,2 +1,2 @@
 def total(*numbers):
-    return 0
+    return sum(numbers)
"""


@pytest.mark.parametrize(
    "text", [f"total.py\n```python\n{RIGHT}```", f"```diff\n{PATCH}```", PATCH], ids=["whole", "diff", "bare diff"]
)
async def test_files_are_submitted_with_a_patch(runner: RunnerHarness, endpoint: FakeEndpoint, text: str) -> None:
    endpoint.default.text = text
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert (report.outcome, report.reason) == (None, "")
    assert await runner.output(report) == {"total.py": RIGHT.encode(), "lib/numbers.py": b"ONE = 1\nTWO = 2\n"}
    assert await runner.read(report.artifacts["patch.diff"]) == f"diff --git a/total.py b/total.py\n{PATCH}".encode()


async def test_the_prompt_shows_the_workspace(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    await runner.run_attempt("sum_files", "stub/m-1")
    prompt = endpoint.bodies[0]["messages"][0]["content"]
    assert "Make total() the sum of its arguments." in prompt
    assert "lib/numbers.py\n```\nONE = 1\nTWO = 2\n```" in prompt
    assert "Hand in total.py, lib/." in prompt


async def test_new_files_below_a_declared_folder_are_submitted(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default.text = f"lib/sums.py\n```python\n{RIGHT}```\ntotal.py\n```\nfrom lib.sums import total\n```"
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert sorted(await runner.output(report)) == ["lib/numbers.py", "lib/sums.py", "total.py"]
    patch = await runner.read(report.artifacts["patch.diff"])
    assert b"new file mode 100644\n--- /dev/null\n+++ b/lib/sums.py\n@@ -0,0 +1,2 @@\n" in patch


async def test_undeclared_files_are_ignored_with_a_note(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default.text = f"total.py\n```python\n{RIGHT}```\nextra.py\n```\nx = 1\n```"
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert report.outcome is None
    assert "extra.py" not in await runner.output(report)
    notes = json.loads(await runner.read(report.artifacts["result.json"]))["notes"]
    assert notes == ["ignored files that are not declared outputs: extra.py"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I would rather not.", "the answer contains no file"),
        (
            f"```diff\n{PATCH.replace('return 0', 'return 7')}```",
            "the patch does not apply: total.py, hunk 1 (line 4 of the answer): it has",
        ),
        ("--- a/gone.py\n+++ b/gone.py\n@@ -1 +1 @@\n-x\n+y\n", "writes gone.py, but none of the declared outputs"),
        (
            "--- a/lib/no.py\n+++ b/lib/no.py\n@@ -1 +1 @@\n-x\n+y\n",
            "lib/no.py (line 1 of the answer): there is no such file",
        ),
        ("notes.txt\n```\nx\n```", "writes notes.txt, but none of the declared outputs: total.py, lib/"),
        (f"../total.py\n```\n{RIGHT}```", "not allowed"),
        ("--- a/total.py\n+++ b/../../etc/x\n@@ -1 +1 @@\n-x\n+y\n", "not allowed"),
        ("total.py/x.py\n```\nx\n```\nlib/a.py\n```\nx\n```", "not allowed"),
    ],
)
async def test_an_unusable_answer_is_an_agent_error(
    runner: RunnerHarness, endpoint: FakeEndpoint, text: str, reason: str
) -> None:
    endpoint.default.text = text
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert report.outcome is Outcome.AGENT_ERROR
    assert reason in report.reason
    assert report.fault is None
    assert report.output is None
    assert await runner.read(report.artifacts["response.txt"]) == text.encode()
    assert report.calls[0].cost_nanousd > 0


async def test_a_link_in_a_diff_is_refused(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    link = "diff --git a/lib/link b/lib/link\nnew file mode 120000\n--- /dev/null\n+++ b/lib/link\n@@ -0,0 +1 @@\n"
    endpoint.default.text = f"```diff\n{link}+/etc/passwd\n\\ No newline at end of file\n{PATCH}```"
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert report.outcome is Outcome.AGENT_ERROR
    assert "lib/link (line 2 of the answer): it is a link" in report.reason


async def test_deleted_and_renamed_outputs_are_gone(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    moved = "*** Update File: lib/numbers.py\n*** Move to: lib/new.py\n-TWO = 2"
    endpoint.default.text = f"*** Begin Patch\n{moved}\n*** Delete File: total.py\n*** End Patch"
    report = await runner.run_attempt("sum_files", "stub/m-1")
    assert (report.outcome, report.reason) == (None, "")
    assert await runner.output(report) == {"lib/new.py": b"ONE = 1\n"}


class FullHost:
    """A sandbox provider on a host without free capacity."""

    name = "full"

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        if spec:
            raise SandboxNotStarted("no room left")
        yield  # pyright: ignore[reportReturnType]

    async def check(self) -> Availability:
        return Availability(provider=self.name, available=False, reason="no room left")


async def test_a_sandbox_that_does_not_start_is_an_infrastructure_error(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default.text = f"total.py\n```\n{RIGHT}```"
    ports = replace(runner.ports, sandboxes=FullHost())
    report = await on_ticket(await runner.ticket("sum_files", "stub/m-1"), ports)
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault == Fault(kind="sandbox", message="no room left", new_try=True)
    assert report.calls[0].cost_nanousd > 0, "the model call is still booked"
