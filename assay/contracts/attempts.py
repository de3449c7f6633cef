"""Attempts: states, orders and tickets for workers, reports from workers, and views for users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field, structs

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.audit import AuditFlag
from assay.contracts.codec import Data, Message, digest
from assay.contracts.evaluation import Evaluation
from assay.contracts.judging import JudgeModel
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.money import NanoUsd, Price, Usd
from assay.contracts.providers import Provider
from assay.contracts.run_metrics import Prediction
from assay.contracts.sandboxes import SandboxChoice
from assay.contracts.tasks import Limits, Solver
from assay.contracts.verdicts import Outcome, Verdict

Token = Annotated[int, Meta(ge=0)]
"""Fencing token of a lease: the number of the try. Reports with an outdated token change no state."""


class State(StrEnum):
    """An attempt's states, in order. States never go back, except that a lost try returns ``running`` to ``queued``."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    EXECUTED = "executed"
    GRADING = "grading"
    DONE = "done"


class Stage(StrEnum):
    """The two kinds of work on an attempt: runners do ``run``, judges do ``judge``."""

    RUN = "run"
    JUDGE = "judge"


def attempt_key(
    *,
    task_digest: str,
    sample_id: str,
    model: ModelSpec,
    solver: Solver,
    repeat: int,
    limits: Limits,
    variant: Sequence[str] = (),
) -> str:
    """Hex sha256 of everything that determines an attempt's content. Results of attempts with equal keys can be reused.
    Unset limits are left out, so a newly introduced limit does not change existing keys. ``variant`` lists further
    deviations from the defaults."""
    bounds = {name: bound for name, bound in structs.asdict(limits).items() if bound is not None}
    return digest([task_digest, sample_id, model.name, model.parameters, solver, bounds, repeat, *variant])


# --- orders to runners and judges -----------------------------------------------------------------------------------


class ExecuteAttempt(Message, frozen=True, kw_only=True, tag="attempt.execute"):
    """Order to a runner: claim this attempt and execute it."""

    attempt_id: str
    token: Token


class GradeAttempt(Message, frozen=True, kw_only=True, tag="attempt.grade"):
    """Order to a judge: claim this executed attempt and grade it."""

    attempt_id: str
    token: Token


Order = ExecuteAttempt | GradeAttempt


class Regrade(Data, frozen=True, kw_only=True):
    """Another grading of an output. If ``checks`` names some of the task's checks, only these run, and the results of
    the others are those of ``verdict``."""

    checks: tuple[str, ...] = ()
    verdict: Verdict | None = None


class Ticket(Data, frozen=True, kw_only=True):
    """A granted claim: a lease on one attempt, with everything a worker needs to process it."""

    attempt_id: str
    token: Token
    project: str
    lease_seconds: float
    task_id: str
    task_digest: str
    sample_id: str
    repeat: int
    model: ModelSpec
    solver: Solver
    limits: Limits = Limits()
    price: Price | None = None
    grant_nanousd: NanoUsd = 0
    public: ArtifactRef | None = None
    """The public bundle. None in a judge's ticket."""
    reference: ArtifactRef | None = None
    """The reference bundle. Set only for the baseline models."""
    hidden: ArtifactRef | None = None
    """The hidden bundle. Set only in a judge's ticket."""
    output: ArtifactRef | None = None
    """The submitted output: the answer's text, or a bundle of the declared outputs. Set only in a judge's ticket."""
    result: ArtifactRef | None = None
    """``result.json`` of the try that submitted the output. Set only in a judge's ticket."""
    run_limit_usd: Usd | None = None
    """The run's limit, for use in messages."""
    sandbox: SandboxChoice = ""
    """The kind of sandbox the run requests."""
    replay: ArtifactRef | None = None
    """The stored responses to replay instead of calling a model, in the area ``public``. Set only in a runner's
    ticket."""
    include_tests: bool = False
    """The public bundle contains the hidden tests."""
    install_deps: bool = False
    """Install the task's requirements into the sandbox."""
    regrade: Regrade | None = None
    """The output was graded before. Set only in a judge's ticket."""
    provider: Provider | None = None
    """The model's provider, if the ledger has it instead of the catalogue. Set only in a runner's ticket."""
    judges: tuple[JudgeModel, ...] = ()
    """The models that judge the output. Set only in a judge's ticket, for tasks with a rubric."""
    run_seconds_left: Annotated[float, Meta(ge=0)] | None = None
    """How long the run may still last when the ticket is issued. None: unknown."""


class Denial(StrEnum):
    """Why a claim is denied. The order is settled in every case; do not retry the claim."""

    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    DONE = "done"
    LEASED = "leased"
    SUPERSEDED = "superseded"
    BUDGET = "budget"
    """A limit cannot cover the attempt's worst case. The attempt waits again, or ends as ``limit`` if no money will
    become available."""


class Denied(Data, frozen=True, kw_only=True):
    attempt_id: str
    reason: Denial


# --- reports from workers -------------------------------------------------------------------------------------------


class FaultKind(StrEnum):
    """What can fail in a try or a grading besides a model request, whose failures are CallFaults."""

    BUDGET = "budget"
    """A money limit ended the try; it says nothing about the model."""
    SANDBOX = "sandbox"
    ARTIFACTS = "artifacts"
    TASK = "task"
    MCP = "mcp"
    HOST = "host"
    INTERRUPTED = "interrupted"
    OUTPUT = "output"
    HIDDEN_BUNDLE = "hidden_bundle"
    REGEX_WORKER = "searcher"
    JUDGE = "judge"
    INTERNAL = "internal"


class Fault(Data, frozen=True, kw_only=True):
    """What went wrong in a try. ``kind`` is a CallFault or a FaultKind. ``new_try`` requests another try: an
    infrastructure failure that is unlikely to recur elsewhere."""

    kind: str
    message: str
    new_try: bool = False


class AttemptExecuted(Message, frozen=True, kw_only=True, tag="attempt.executed"):
    """A runner reports the result of a try. ``outcome`` None sends the attempt to a judge; any other value ends the
    attempt with that outcome."""

    message_id: str
    attempt_id: str
    token: Token
    worker_id: str
    outcome: Outcome | None = None
    reason: str = ""
    fault: Fault | None = None
    calls: tuple[Call, ...] = ()
    output: ArtifactRef | None = None
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])
    duration_seconds: Annotated[float, Meta(ge=0)] = 0.0
    evaluation: Evaluation | None = None
    """Only of an attempt that ended without being graded, and that scores 0."""
    flags: tuple[AuditFlag, ...] = ()


class AttemptJudged(Message, frozen=True, kw_only=True, tag="attempt.judged"):
    """A judge reports its verdict on an attempt. Outcome ``infra_error`` means that the judge could not grade; it says
    nothing about the attempt."""

    message_id: str
    attempt_id: str
    token: Token
    worker_id: str
    verdict: Verdict
    fault: Fault | None = None
    calls: tuple[Call, ...] = ()
    """Calls of a model judge, charged to the judges' account and never to the attempt."""
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])
    duration_seconds: Annotated[float, Meta(ge=0)] = 0.0
    evaluation: Evaluation | None = None
    """None if it could not grade."""
    flags: tuple[AuditFlag, ...] = ()
    """Those of the judge, in addition to those of the runner."""
    predictions: dict[str, Prediction] = field(default_factory=dict[str, Prediction])
    """By check, for metrics over all samples of the task."""


Report = AttemptExecuted | AttemptJudged


# --- views for users ------------------------------------------------------------------------------------------------


class AttemptView(Data, frozen=True, kw_only=True):
    """One attempt as shown in a run's table. Every attempt fact carries the view as of that fact."""

    attempt_id: str
    run_id: str
    ordinal: int
    task_id: str
    category: str
    sample_id: str
    model: str
    repeat: int
    state: State
    outcome: Outcome | None = None
    score: float | None = None
    reason: str = ""
    tries: int = 0
    cost_usd: Usd = "0"
    usage: Usage = Usage()
    duration_seconds: float = 0.0
    """Duration of the last try: execution without grading."""
    held_usd: Usd = "0"
    flag_count: int = 0
    """How many things in it look like cheating."""
    impossible: bool = False
    """Its task contradicts its own tests, so the attempt is not counted with others."""
    reused_from: str = ""
    """The earlier attempt with the same content key whose result was reused."""
    changed_at: datetime


class TryEnd(StrEnum):
    """How a try ended."""

    EXECUTED = "executed"
    FAILED = "failed"
    """Its worker reported an infrastructure failure."""
    LOST = "lost"
    """Its lease expired."""
    SUPERSEDED = "superseded"
    """Its report came after the attempt had moved on."""
