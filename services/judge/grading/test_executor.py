"""Runs hidden tests in sandboxes, a limited number at a time."""

from __future__ import annotations

from assay.sandbox import SandboxProvider
from assay.sandbox.selection import restrict_to_kind
from services.judge.bridge.builds.cache import BuildCache
from services.judge.bridge.session import run_tests
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.grading.fair_semaphore import FairSemaphore


class SandboxTestExecutor:
    """A TestExecutor. At most ``slots`` test runs at once, shared fairly between runs: each takes two sandboxes and a
    CPU. ``call_seconds`` limits each call of a candidate. ``cache`` keeps compiled tests."""

    def __init__(
        self,
        provider: SandboxProvider,
        slots: int = 2,
        call_seconds: float = 10.0,
        cache: BuildCache | None = None,
    ) -> None:
        self._provider, self._call_seconds = provider, call_seconds
        self._slots = FairSemaphore(slots)
        self._cache = cache or BuildCache()

    async def run(self, run: TestRun) -> TestRunLog:
        async with self._slots.slot(run.run_id):
            provider = restrict_to_kind(self._provider, run.sandbox_kind)
            return await run_tests(run, provider, self._call_seconds, self._cache)
