"""The documents an attempt leaves behind: how it was executed and what the result was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, count

from msgspec import field

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Fault, Token
from assay.contracts.audit import AuditFlag
from assay.contracts.codec import Data
from assay.contracts.evaluation import Evaluation
from assay.contracts.judging import Judgement
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.money import NanoUsd, Price
from assay.contracts.tasks import Limits, SandboxSpec, Solver
from assay.contracts.verdicts import CheckResult, Outcome, Verdict

MANIFEST = "manifest.json"
RESULT = "result.json"
VERDICT = "verdict.json"
WORKSPACE = "workspace.bundle"

_UNSAFE_CHARACTERS = re.compile("[^A-Za-z0-9_.-]+")


class Manifest(Data, frozen=True, kw_only=True):
    """``manifest.json``: everything that determined how the try was executed, with all names resolved. ``versions`` are
    the versions of the programs on the worker; ``public`` is the bundle of files the attempt could see."""

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
    """The model was shown the hidden tests, so the attempt is excluded from leaderboards."""
    install_deps: bool = False
    """The run installs the tasks' requirements. If this task has any, ``sandbox.build`` contains them."""
    replay: ArtifactRef | None = None
    sandbox: SandboxSpec = SandboxSpec()
    provider: str = ""
    """The kind of sandbox; empty if none was needed. Its image is in ``sandbox``; empty means the provider's
    default."""
    versions: dict[str, str] = field(default_factory=dict[str, str])


class Result(Data, frozen=True, kw_only=True):
    """``result.json``: a summary of the try. The runner writes it after the try, with an outcome if there is nothing to
    grade. The judge replaces it with a final version that contains its verdict. ``artifacts`` lists all others.
    ``duration_seconds`` excludes the time spent waiting for rate limits and for money."""

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
    cpu_seconds: float = 0.0
    """CPU time of the programs in the attempt's sandbox; 0 if there were none."""
    peak_memory_bytes: int = 0
    notes: tuple[str, ...] = ()
    """Deviations from the request that are not failures."""
    evaluation: Evaluation | None = None
    """None if the outcome says nothing about the model."""
    flags: tuple[AuditFlag, ...] = ()
    """What looks like cheating. It never changes the verdict."""
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])


MAX_EVIDENCE_CHARACTERS = 20_000


class Evidence(Data, frozen=True, kw_only=True):
    """What a check saw, as text of limited length: what was submitted, what was expected, and where they differ."""

    submitted: str = ""
    expected: str = ""
    difference: str = ""

    @classmethod
    def of(cls, submitted: str, expected: str = "", difference: str = "") -> Evidence:
        return cls(submitted=_shortened(submitted), expected=_shortened(expected), difference=_shortened(difference))


def _shortened(text: str) -> str:
    """Lone surrogates, which no JSON can carry, are replaced."""
    text = text.encode("utf-8", "replace").decode()
    dropped = len(text) - MAX_EVIDENCE_CHARACTERS
    return text if dropped <= 0 else f"{text[:MAX_EVIDENCE_CHARACTERS]}\n[{dropped:,} more characters]"


class TestOutput(Data, frozen=True, kw_only=True):
    """The result of one hidden test. ``error`` is the type of its error; ``message`` is that of its assertion, empty
    unless the task reveals it."""

    __test__ = False
    name: str
    outcome: str
    error: str = ""
    message: str = ""
    seconds: float = 0.0


class CheckOutput(Data, frozen=True, kw_only=True):
    """``checks/<name>.json``: the details of one check. What it shows of hidden tests and expected answers depends on
    the task's ``reveal``; test sources are never shown."""

    result: CheckResult
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    tests: tuple[TestOutput, ...] = ()
    evidence: Evidence = Evidence()
    judgements: tuple[Judgement, ...] = ()
    """What each model said that judged the output."""


def check_artifact_names(checks: Iterable[str]) -> list[str]:
    """``checks/<name>.json`` for each check, with a number if several have the same name."""
    found: list[str] = []
    for check in checks:
        name = f"checks/{_UNSAFE_CHARACTERS.sub('_', check).strip('.')[:80] or 'check'}"
        numbered = (f"{name}-{number}.json" for number in count(2))
        found.append(next(each for each in chain([f"{name}.json"], numbered) if each not in found))
    return found
