"""What an attempt leaves to be read afterwards: how it was made, and what came of it, each as one document."""

from __future__ import annotations

from msgspec import field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Fault, Token
from assay.contracts.codec import Data
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.money import NanoUsd, Price
from assay.contracts.tasks import Limits, SandboxSpec, Solver
from assay.contracts.verdicts import CheckResult, Outcome, Verdict

MANIFEST = "manifest.json"
RESULT = "result.json"
VERDICT = "verdict.json"
WORKSPACE = "workspace.bundle"


class Manifest(Data, frozen=True, kw_only=True):
    """``manifest.json``: all that decided how the try was made, every name resolved. ``versions`` are those of the
    programs on the worker; ``public`` is the bundle of all that the attempt could see."""

    attempt_id: str
    token: Token
    project: str
    worker_id: str
    task_id: str
    task_digest: str
    sample_id: str
    repeat: int
    model: ModelSpec
    solver: Solver
    limits: Limits
    price: Price | None = None
    public: ArtifactRef | None = None
    include_tests: bool = False
    """The model was shown the hidden tests: the attempt counts on no leaderboard."""
    install_deps: bool = False
    """The run installs the tasks' requirements: where this one has some, ``sandbox.build`` has them."""
    replay: ArtifactRef | None = None
    sandbox: SandboxSpec = SandboxSpec()
    provider: str = ""
    """The kind of sandbox, empty where none was needed; its image is in ``sandbox``, empty for the kind's own."""
    versions: dict[str, str] = field(default_factory=dict[str, str])


class Result(Data, frozen=True, kw_only=True):
    """``result.json``: the try in one page. The runner writes it when it has made the try, with the outcome where there
    is nothing to be graded; the judge writes it anew with its verdict, and then it is final. ``artifacts`` are all but
    this one. ``duration_seconds`` leaves out what was spent waiting for others."""

    attempt_id: str
    token: Token
    worker_id: str
    task_id: str = ""
    task_digest: str = ""
    sample_id: str = ""
    repeat: int = 0
    model: ModelSpec
    outcome: Outcome | None
    score: float | None = None
    reason: str
    fault: Fault | None
    verdict: Verdict | None = None
    judge_id: str = ""
    duration_seconds: float
    judging_seconds: float = 0.0
    cost_nanousd: NanoUsd
    usage: Usage
    calls: tuple[Call, ...]
    output: ArtifactRef | None
    notes: tuple[str, ...] = ()
    """What went other than asked, yet is no failure."""
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])


class TestOutput(Data, frozen=True, kw_only=True):
    """One hidden test by its name; ``error`` is the kind of error it ended with, and nothing of its text."""

    __test__ = False
    name: str
    outcome: str
    error: str = ""
    seconds: float = 0.0


class CheckOutput(Data, frozen=True, kw_only=True):
    """``checks/<name>.json``: what one check saw. It tells no more than a verdict may: no expected answer, and nothing
    of a hidden test but its name."""

    result: CheckResult
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    tests: tuple[TestOutput, ...] = ()
