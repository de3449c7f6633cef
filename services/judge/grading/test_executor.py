"""Runs hidden tests in sandboxes, a limited number at a time."""

from __future__ import annotations

from services.judge.bridge.builds.cache import BuildCache
from services.judge.bridge.session import run_tests
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.grading.sandboxes import GradingSandboxes


class SandboxTestExecutor:
    """A TestExecutor. Each test run takes two sandboxes and a CPU. ``call_seconds`` limits each call of a candidate.
    ``cache`` keeps compiled tests."""

    def __init__(
        self, sandboxes: GradingSandboxes, call_seconds: float = 10.0, cache: BuildCache | None = None
    ) -> None:
        self._sandboxes, self._call_seconds = sandboxes, call_seconds
        self._cache = cache or BuildCache()

    async def run(self, run: TestRun) -> TestRunLog:
        async with self._sandboxes.slot(run.run_id):
            provider = self._sandboxes.provider(run.sandbox_kind)
            return await run_tests(run, provider, self._call_seconds, self._cache)
