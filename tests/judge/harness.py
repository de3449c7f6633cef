"""Small hidden bundles, and what grades them for real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.contracts.tasks import HiddenTask, SandboxSpec, Solver, Tests
from assay.contracts.verdicts import CheckResult
from assay.sandbox import open_sandbox_provider
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.checks.regex_worker import RegexWorker
from services.judge.grading.grade import GradingResult, grade
from services.judge.grading.test_executor import SandboxTestExecutor

SPEC = SandboxSpec(memory_mb=256, cpu_seconds=10, wall_seconds=60, processes=48, workspace_mb=16)


@dataclass(frozen=True, kw_only=True)
class RealTools:
    regex: RegexWorker = field(default_factory=RegexWorker)
    test_executor: SandboxTestExecutor = field(
        default_factory=lambda: SandboxTestExecutor(open_sandbox_provider(), slots=4, call_seconds=20.0)
    )


def hidden_tests(
    tests: Mapping[str, str], expected: tuple[str, ...], outputs: tuple[str, ...] = ("*",)
) -> HiddenBundle:
    task = HiddenTask(
        task_id="trial",
        digest="0" * 64,
        solver=Solver.FILES,
        outputs=outputs,
        sandbox=SPEC,
        checks=(Tests(expected=expected),),
    )
    return HiddenBundle(task=task, files={f"tests/{path}": text.encode() for path, text in tests.items()})


async def grade_tests(test: str, solution: str | Mapping[str, str], *names: str, tools: RealTools) -> GradingResult:
    """Grades a solution by one hidden test file, of which ``names`` are the expected tests."""
    files = {"solution.py": solution} if isinstance(solution, str) else solution
    hidden = hidden_tests({"test_hidden.py": test}, tuple(f"test_hidden.py::{name}" for name in names))
    return await grade(hidden, "main", {path: text.encode() for path, text in files.items()}, tools)


def only_check(graded: GradingResult) -> CheckResult:
    (result,) = graded.verdict.checks
    return result
