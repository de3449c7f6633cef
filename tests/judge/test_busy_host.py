"""Grading on a host that is too busy is an error of the judge, never a failed attempt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from assay.contracts.checks import CommandCheck
from assay.sandbox import SandboxStarved
from services.judge.grading.grade import grade
from tests.judge.harness import RealTools, hidden_tests
from tests.sandbox.throttled import ThrottledProvider

BUSY = "import time\ndef f():\n    end = time.process_time() + 1000\n    while time.process_time() < end: pass\n"
TEST = "import solution\ndef test_a(): assert solution.f() is None\n"


def short(tools: RealTools) -> RealTools:
    return tools.with_provider(ThrottledProvider(), call_seconds=100.0)


@pytest.mark.slow
async def test_tests_that_lack_a_cpu_are_no_verdict(tools: RealTools) -> None:
    hidden = hidden_tests({"test_a.py": TEST}, ("test_a.py::test_a",))
    sandbox = structs.replace(hidden.task.sandbox, wall_seconds=6.0)
    task = structs.replace(hidden.task, sandbox=sandbox)
    with pytest.raises(SandboxStarved, match="the host is too busy"):
        await grade(replace(hidden, task=task), "main", {"solution.py": BUSY.encode()}, short(tools))


@pytest.mark.slow
async def test_a_program_that_lacks_a_cpu_is_no_verdict(tools: RealTools) -> None:
    hidden = hidden_tests({"test_a.py": TEST}, ("test_a.py::test_a",))
    check = CommandCheck(command=("python3", "-c", BUSY + "f()"), stdout="x")
    sandbox = structs.replace(hidden.task.sandbox, wall_seconds=1.0)
    bundle = replace(hidden, task=structs.replace(hidden.task, sandbox=sandbox, checks=(check,)))
    with pytest.raises(SandboxStarved):
        await grade(bundle, "main", {"solution.py": b""}, short(tools))


@pytest.mark.slow
async def test_tests_that_hang_fail_even_on_a_busy_host(tools: RealTools) -> None:
    hidden = hidden_tests({"test_a.py": TEST}, ("test_a.py::test_a",))
    sandbox = structs.replace(hidden.task.sandbox, wall_seconds=12.0)
    bundle = replace(hidden, task=structs.replace(hidden.task, sandbox=sandbox))
    hangs = b"import time\ndef f(): time.sleep(1000)\n"
    verdict = (await grade(bundle, "main", {"solution.py": hangs}, short(tools))).verdict
    assert (verdict.outcome, verdict.score) == ("failed", 0.0)
