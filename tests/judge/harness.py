"""Small hidden bundles, real grading tools, and tickets as the ledger grants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.artifacts import pack
from assay.contracts.attempts import Ticket
from assay.contracts.checks import AnyCheck, Choice, Regex, Tests
from assay.contracts.codec import encode
from assay.contracts.models import ModelSpec
from assay.contracts.tasks import HiddenTask, SandboxSpec, Solver
from assay.contracts.verdicts import CheckResult
from assay.files import Files
from assay.sandbox import SandboxProvider, open_sandbox_provider
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.bridge.builds.cache import BuildCache
from services.judge.checks.check_result import CheckScore
from services.judge.checks.regex_worker import RegexWorker
from services.judge.grading.context import GradingContext
from services.judge.grading.grade import GradingResult, grade, run_check
from services.judge.grading.sandboxes import GradingSandboxes
from services.judge.grading.test_executor import SandboxTestExecutor
from services.judge.ports import Ports, TestExecutor
from tests.judge.fakes import CountingStore

BUILDS = BuildCache()
"""For all tests of a process: compiling Go's standard library takes ten seconds."""
SPEC = SandboxSpec(memory_mb=256, cpu_seconds=10, wall_seconds=60, processes=48, workspace_mb=16)


@dataclass(frozen=True, kw_only=True)
class RealTools:
    regex: RegexWorker = field(default_factory=RegexWorker)
    sandboxes: GradingSandboxes = field(default_factory=lambda: GradingSandboxes(open_sandbox_provider(), slots=4))
    test_executor: TestExecutor = field(
        default_factory=lambda: SandboxTestExecutor(GradingSandboxes(open_sandbox_provider(), slots=4), 20.0, BUILDS)
    )

    def with_provider(self, provider: SandboxProvider, call_seconds: float = 20.0) -> RealTools:
        sandboxes = GradingSandboxes(provider, slots=4)
        return RealTools(
            regex=self.regex, sandboxes=sandboxes, test_executor=SandboxTestExecutor(sandboxes, call_seconds, BUILDS)
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
    """Grades a solution with one hidden test file; ``names`` are the expected tests."""
    files = {"solution.py": solution} if isinstance(solution, str) else solution
    hidden = hidden_tests({"test_hidden.py": test}, tuple(f"test_hidden.py::{name}" for name in names))
    return await grade(hidden, "main", {path: text.encode() for path, text in files.items()}, tools)


async def grade_answer(check: AnyCheck, answer: str, expected: Any, regex: RegexWorker) -> CheckScore:
    task = HiddenTask(task_id="t", digest="0" * 64, solver=Solver.ANSWER, checks=(check,), expected={"main": expected})
    context = GradingContext(
        hidden=HiddenBundle(task=task, files={}), sample_id="main", output=answer, tools=RealTools(regex=regex)
    )
    return await run_check(check, context)


def only_check(graded: GradingResult) -> CheckResult:
    (result,) = graded.verdict.checks
    return result


@dataclass
class JudgeHarness:
    """Real stores, a judge's ports, and tickets for them."""

    hidden: CountingStore
    attempts: CountingStore
    ports: Ports

    async def ticket(self, bundle: Files, output: bytes | None, attempt: str = "run-1", sample: str = "a") -> Ticket:
        return Ticket(
            attempt_id=attempt,
            token=3,
            project="default",
            lease_seconds=30,
            task_id="t",
            task_digest="0" * 64,
            sample_id=sample,
            repeat=0,
            model=ModelSpec(name="oracle"),
            solver=Solver.ANSWER,
            hidden=await self.hidden.store.put(pack(bundle)),
            output=None if output is None else await self.attempts.store.put(output),
        )


def answer_bundle(**more: Any) -> dict[str, bytes]:
    checks = (Choice(options=("cat", "dog")), Regex(pattern="^the"))
    task = HiddenTask(task_id="t", digest="0" * 64, solver=Solver.ANSWER, checks=checks, expected={"a": "cat"}, **more)
    return {"grading.json": encode(task)}


def code_bundle(test: str = "import solution\ndef test_a(): assert solution.f() == 1") -> dict[str, bytes]:
    hidden = hidden_tests({"test_hidden.py": test}, ("test_hidden.py::test_a",), outputs=("solution.py", "lib/"))
    return {"grading.json": encode(hidden.task), **hidden.files}
