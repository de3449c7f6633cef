"""Attempts: their states, what workers are handed, what workers report, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field, structs

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Data, Message, digest
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.money import NanoUsd, Price, Usd
from assay.contracts.sandboxes import SandboxWish
from assay.contracts.tasks import Limits, Solver
from assay.contracts.verdicts import Outcome, Verdict

Token = Annotated[int, Meta(ge=0)]
"""Fencing token of a lease: the number of the try. What comes with an old one changes nothing."""


class State(StrEnum):
    """An attempt's life, in this order; it never goes back, but a lost try returns ``running`` to ``queued``."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    EXECUTED = "executed"
    GRADING = "grading"
    DONE = "done"


class Stage(StrEnum):
    """The two kinds of work on an attempt, and so the two kinds of worker."""

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
    """Hex sha256 over all that decides an attempt's content, and nothing else: equal keys may be reused. A limit that
    is not set leaves the key as it was before there was such a limit; ``variant`` is what else is not as usual."""
    bounds = {name: bound for name, bound in structs.asdict(limits).items() if bound is not None}
    return digest([task_digest, sample_id, model.name, model.parameters, solver, bounds, repeat, *variant])


# --- work: orders to runners and judges -----------------------------------------------------------------------------


class ExecuteAttempt(Message, frozen=True, kw_only=True, tag="attempt.execute"):
    """To a runner: claim this attempt and make a try at it."""

    attempt_id: str
    token: Token


class GradeAttempt(Message, frozen=True, kw_only=True, tag="attempt.grade"):
    """To a judge: claim this executed attempt and grade it."""

    attempt_id: str
    token: Token


Order = ExecuteAttempt | GradeAttempt


class Ticket(Data, frozen=True, kw_only=True):
    """A granted claim: a lease on one attempt and all that a worker must know to act on it."""

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
    """The public bundle; None in a judge's ticket."""
    reference: ArtifactRef | None = None
    """The reference bundle; only for the baselines."""
    hidden: ArtifactRef | None = None
    """The hidden bundle; only in a judge's ticket."""
    output: ArtifactRef | None = None
    """What the attempt handed in: the answer's text, or a bundle of the declared outputs. Only in a judge's ticket."""
    result: ArtifactRef | None = None
    """The ``result.json`` of the try that handed it in. Only in a judge's ticket."""
    run_limit_usd: Usd | None = None
    """The run's limit, for words."""
    sandbox: SandboxWish = ""
    """The kind of sandbox the run asks for."""
    replay: ArtifactRef | None = None
    """The stored responses that are the model, in the area ``public``; only in a runner's ticket."""
    include_tests: bool = False
    """The hidden tests are in the public bundle."""
    install_deps: bool = False
    """The run installs the tasks' requirements."""


class Denial(StrEnum):
    """Why a claim is refused. In every case the order is done with and must not be tried again."""

    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    DONE = "done"
    LEASED = "leased"
    SUPERSEDED = "superseded"
    BUDGET = "budget"
    """A limit has no room for the attempt's worst case: it waits again, or ends as ``limit`` when none will come."""


class Denied(Data, frozen=True, kw_only=True):
    attempt_id: str
    reason: Denial


# --- reports: what workers say happened -----------------------------------------------------------------------------


class FaultKind(StrEnum):
    """Parts of Assay that can fail in a try or a grading. Model requests fail with a CallFault."""

    BUDGET = "budget"
    """A money limit ended the try; it says nothing about the model."""
    SANDBOX = "sandbox"
    ARTIFACTS = "artifacts"
    TASK = "task"
    MCP = "mcp"
    LEASE = "lease"
    INTERRUPTED = "interrupted"
    OUTPUT = "output"
    HIDDEN_BUNDLE = "hidden_bundle"
    WORKER = "worker"
    INTERNAL = "internal"


class Fault(Data, frozen=True, kw_only=True):
    """What went wrong in a try: ``kind`` is a CallFault or a FaultKind. ``new_try`` asks for another try: the failure
    is ours, and likely to pass elsewhere."""

    kind: str
    message: str
    new_try: bool = False


class AttemptExecuted(Message, frozen=True, kw_only=True, tag="attempt.executed"):
    """A runner made a try, and this came of it. ``outcome`` None sends the attempt to a judge; any other ends it
    with that outcome."""

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


class AttemptJudged(Message, frozen=True, kw_only=True, tag="attempt.judged"):
    """A judge graded an attempt, and this is its verdict. Outcome ``infra_error`` means the judge could not grade,
    never that the attempt failed."""

    message_id: str
    attempt_id: str
    token: Token
    worker_id: str
    verdict: Verdict
    fault: Fault | None = None
    calls: tuple[Call, ...] = ()
    """A model judge's; booked on the judges' account, never on the attempt's."""
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])
    duration_seconds: Annotated[float, Meta(ge=0)] = 0.0


Report = AttemptExecuted | AttemptJudged


# --- views: what people see -----------------------------------------------------------------------------------------


class AttemptView(Data, frozen=True, kw_only=True):
    """One row of a run's table, as Postgres has it; every attempt fact carries the row as it became."""

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
    """Of the last try, execution without grading."""
    held_usd: Usd = "0"
    reused_from: str = ""
    """The earlier attempt with the same content key whose result this is."""
    changed_at: datetime


class TryEnd(StrEnum):
    """How a try ended."""

    EXECUTED = "executed"
    FAILED = "failed"
    """Infrastructure failed, and its worker reported so."""
    LOST = "lost"
    """Its worker went silent, and its lease ran out."""
    SUPERSEDED = "superseded"
    """Its report came after the attempt had moved on."""


class TryView(Data, frozen=True, kw_only=True):
    """One physical execution; ``ended`` is a TryEnd, or empty while it is under way."""

    token: Token
    worker_id: str
    started_at: datetime
    ended_at: datetime | None = None
    ended: str = ""
    cause: str = ""
    duration_seconds: float = 0.0


class AttemptDetail(Data, frozen=True, kw_only=True):
    """All there is to know of one attempt. ``artifacts`` are fetched by name from the attempt's own URL."""

    attempt: AttemptView
    key: str
    task_digest: str
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    verdict: Verdict | None = None
    tries: tuple[TryView, ...] = ()
    calls: tuple[Call, ...] = ()
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])
    sequence: int = 0
    """The run's sequence this was read at."""
    solver: Solver | None = None
    limits: Limits | None = None
    """As the run resolved them."""
    expired_at: datetime | None = None
    """When the content of the artifacts was given up, as older than is kept."""
