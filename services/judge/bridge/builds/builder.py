"""Compiles what a test run needs, by language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from assay.contracts.frameworks import Framework, driver_language
from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import SandboxProvider
from services.judge.bridge.builds.build import Build, CompileFailed, compiled
from services.judge.bridge.builds.cache import BuildCache
from services.judge.bridge.builds.cpp_builds import cpp_driver, cpp_tests
from services.judge.bridge.builds.go_builds import go_driver, go_tests
from services.judge.bridge.builds.rust_builds import rust_driver, rust_tests
from services.judge.bridge.test_run import TestRun
from services.judge.errors import HiddenBundleInvalid

_DRIVERS: dict[Framework, Callable[[TestRun], Build]] = {
    Framework.GO: go_driver,
    Framework.CARGO: rust_driver,
    Framework.CPP: cpp_driver,
}
_TESTS: dict[Framework, Callable[[TestRun], Build]] = {
    Framework.GO: go_tests,
    Framework.CARGO: rust_tests,
    Framework.CPP: cpp_tests,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    provider: SandboxProvider
    cache: BuildCache

    async def driver(self, run: TestRun, spec: SandboxSpec) -> bytes:
        """The submission with the task's driver. Raises CompileFailed."""
        language = driver_language(run.driver)
        if language is None:
            raise HiddenBundleInvalid(
                "the task's driver has no main.go, main.rs or C++ source file; add one to the task's driver/"
            )
        build = await self._prepared(_DRIVERS[language](run), run, spec)
        (program,) = (await compiled(build, spec, self.provider)).values()
        return program

    async def tests(self, run: TestRun, spec: SandboxSpec) -> Files:
        """Raises HiddenBundleInvalid for tests that do not compile."""
        build = _TESTS[run.framework](run)
        try:
            build = await self._prepared(build, run, spec)
            return await self.cache.get(build, spec, run.sandbox_kind, self.provider)
        except CompileFailed as error:
            message = f"the hidden tests do not compile: {error}; correct the task's {run.framework.value} tests"
            raise HiddenBundleInvalid(message) from error

    async def _prepared(self, build: Build, run: TestRun, spec: SandboxSpec) -> Build:
        if build.prepared is None:
            return build
        made = await self.cache.get(build.prepared, spec, run.sandbox_kind, self.provider)
        return replace(build, files={**build.files, **made}, prepared=None)
