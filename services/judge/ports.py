"""What the judge needs from outside: ``__main__.py`` passes the real adapters, tests pass others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import Mounts, Sandbox
from services.judge.artifacts.hidden_bundles import HiddenBundles
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.rubric.judge_budget import JudgeBudget
from services.judge.rubric.panel import Panel


class AttemptArtifacts(Protocol):
    """The area ``attempts`` of the artifact store."""

    async def get(self, ref: ArtifactRef) -> bytes: ...
    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef: ...


class RegexSearch(Protocol):
    async def search(self, pattern: str, text: str) -> bool | None:
        """Whether the pattern matches anywhere in the text; None if the search exceeded its time limit."""
        ...

    async def find(self, pattern: str, text: str) -> str | None:
        """The first group of the first match, or the whole match if the pattern has no groups. None without a match,
        or if the search exceeded its time limit."""
        ...


class ComplexityMeasure(Protocol):
    async def measure(self, files: Files) -> float | None:
        """The mean cyclomatic complexity of the functions in the files; None if it cannot be measured."""
        ...


class TestExecutor(Protocol):
    __test__ = False

    async def run(self, run: TestRun) -> TestRunLog:
        """Raises SandboxError, or FilesRefused if the files do not fit into a sandbox."""
        ...


class Sandboxes(Protocol):
    def open(self, spec: SandboxSpec, mounts: Mounts, kind: str, run_id: str) -> AbstractAsyncContextManager[Sandbox]:
        """A fresh sandbox of that kind (empty: any), shared fairly between runs."""
        ...


class CheckTools(Protocol):
    """What checks need besides the output."""

    @property
    def regex(self) -> RegexSearch: ...
    @property
    def test_executor(self) -> TestExecutor: ...
    @property
    def sandboxes(self) -> Sandboxes: ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    worker_id: str
    hidden: HiddenBundles
    attempts: AttemptArtifacts
    regex: RegexSearch
    test_executor: TestExecutor
    sandboxes: Sandboxes
    complexity: ComplexityMeasure
    panel: Panel | None = None
    """None: this judge cannot grade by models."""
    open_budget: Callable[[Ticket], JudgeBudget] | None = None
