"""Requests over the bus. Each names its service and its reply; what goes wrong comes back as a Problem."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from msgspec import Meta, field

from assay.contracts.attempts import AttemptDetail, AttemptView, Denied, Stage, State, Ticket, Token
from assay.contracts.codec import Data, Message
from assay.contracts.models import CallFault, ModelName
from assay.contracts.money import NanoUsd, Price, Usd
from assay.contracts.runs import Board, Priority, RunLimits, RunPlan, RunStatus, RunView
from assay.contracts.spending import AccountView, Costs
from assay.contracts.verdicts import Outcome

R = TypeVar("R")
PageSize = Annotated[int, Meta(ge=1, le=1000)]


class Request(Message, Generic[R], frozen=True, kw_only=True):
    """A question with its own type of answer. ``service`` is the queue group that answers it."""

    service: ClassVar[str] = "ledger"
    reply: ClassVar[Any]


# --- runs -----------------------------------------------------------------------------------------------------------


class SubmitRun(Request[RunView], frozen=True, kw_only=True, tag="runs.submit"):
    """Store the run and its attempts. The same ``idempotency_key`` with the same plan gives the same run."""

    reply: ClassVar[Any] = RunView
    plan: RunPlan
    idempotency_key: str = ""


class GetRun(Request[RunView], frozen=True, kw_only=True, tag="runs.get"):
    """One run as it is now."""

    reply: ClassVar[Any] = RunView
    run_id: str


class RunPage(Data, frozen=True, kw_only=True):
    """Newest first. ``next_cursor`` fetches the following page; empty on the last."""

    items: tuple[RunView, ...]
    next_cursor: str = ""
    total: int = 0


class ListRuns(Request[RunPage], frozen=True, kw_only=True, tag="runs.list"):
    """Runs that match, newest first."""

    reply: ClassVar[Any] = RunPage
    status: RunStatus | None = None
    suite: str = ""
    model: str = ""
    search: str = ""
    cursor: str = ""
    limit: PageSize = 50


class CancelRun(Request[RunView], frozen=True, kw_only=True, tag="runs.cancel"):
    """End a run: attempts not begun become ``cancelled`` at once, those under way after ``grace_seconds``; a run that
    has ended stays as it is."""

    reply: ClassVar[Any] = RunView
    run_id: str
    grace_seconds: Annotated[float, Meta(ge=0, le=3600)] = 10.0


class PauseRun(Request[RunView], frozen=True, kw_only=True, tag="runs.pause"):
    """Begin nothing new of a run; what is under way goes on."""

    reply: ClassVar[Any] = RunView
    run_id: str


class ResumeRun(Request[RunView], frozen=True, kw_only=True, tag="runs.resume"):
    """Go on with a paused run."""

    reply: ClassVar[Any] = RunView
    run_id: str


class ChangeRun(Request[RunView], frozen=True, kw_only=True, tag="runs.change"):
    """Other limits, or another priority, for a run that has not ended. A limit below what is spent stops new requests
    and changes nothing that was."""

    reply: ClassVar[Any] = RunView
    run_id: str
    limits: RunLimits | None = None
    priority: Priority | None = None


class RestartRun(Request[RunView], frozen=True, kw_only=True, tag="runs.restart"):
    """A new run of an earlier one's plan. It takes over what is done already unless ``fresh``; so a restart retries
    what ended by error, by a limit or by cancelling."""

    reply: ClassVar[Any] = RunView
    run_id: str
    fresh: bool = False
    limits: RunLimits | None = None
    idempotency_key: str = ""


class Quote(Data, frozen=True, kw_only=True):
    """What a run would cost. ``estimated_usd`` is what such attempts used before, or a quarter of the tokens they may
    write where none was made; ``worst_usd`` is all they may use."""

    attempts: int
    reused: int = 0
    estimated_usd: Usd
    worst_usd: Usd
    from_history: bool = False
    accounts: tuple[AccountView, ...] = ()
    fits: bool = True
    refusal: str = ""
    """Why it cannot be submitted, with the numbers; empty when it can."""


class QuoteRun(Request[Quote], frozen=True, kw_only=True, tag="runs.quote"):
    """Estimate a run without storing anything; submitting applies the same check."""

    reply: ClassVar[Any] = Quote
    plan: RunPlan


# --- money ----------------------------------------------------------------------------------------------------------


class Grant(Data, frozen=True, kw_only=True):
    """``granted_nanousd`` more may be used; 0 when refused, ``reason`` says which limit, with the numbers.
    ``lost``: the lease is no longer this worker's."""

    granted_nanousd: NanoUsd = 0
    reason: str = ""
    lost: bool = False


class TopUpGrant(Request[Grant], frozen=True, kw_only=True, tag="grants.top_up"):
    """Reserve more money for a try under way, all or nothing. The same ``request_id`` reserves once."""

    reply: ClassVar[Any] = Grant
    request_id: str
    attempt_id: str
    token: Token
    amount_nanousd: NanoUsd


class ReleaseGrant(Request[Grant], frozen=True, kw_only=True, tag="grants.release"):
    """Give back reserved money that a try will not use, before its report does. Once per ``request_id``."""

    reply: ClassVar[Any] = Grant
    request_id: str
    attempt_id: str
    token: Token
    amount_nanousd: NanoUsd


class Money(Data, frozen=True, kw_only=True):
    """A project's accounts now: the day's, the project's, what judges and what went beyond holds cost."""

    project: str
    time_zone: str
    accounts: tuple[AccountView, ...]


class GetMoney(Request[Money], frozen=True, kw_only=True, tag="money.get"):
    """What a project has spent, holds, and may spend."""

    reply: ClassVar[Any] = Money
    project: str = "default"


class SetMoneyLimits(Request[Money], frozen=True, kw_only=True, tag="money.limits"):
    """Set a project's limits: of each day, and of all time. None takes a limit away."""

    reply: ClassVar[Any] = Money
    project: str = "default"
    day_usd: Usd | None
    project_usd: Usd | None
    time_zone: str = "UTC"


class CostBy(StrEnum):
    CALL = "call"
    TASK = "task"
    MODEL = "model"
    DAY = "day"
    RUN = "run"


class GetCosts(Request[Costs], frozen=True, kw_only=True, tag="costs"):
    """What calls cost, summed. With ``prices`` the same usage at other prices, beside what was paid: a report, which
    changes nothing."""

    reply: ClassVar[Any] = Costs
    by: CostBy = CostBy.MODEL
    run_id: str = ""
    project: str = "default"
    since: date | None = None
    until: date | None = None
    prices: dict[ModelName, Price] = field(default_factory=dict[str, Price])
    cursor: str = ""
    limit: PageSize = 500


# --- attempts -------------------------------------------------------------------------------------------------------


class Claims(Data, frozen=True, kw_only=True):
    granted: tuple[Ticket, ...] = ()
    denied: tuple[Denied, ...] = ()


class Claim(Data, frozen=True, kw_only=True):
    attempt_id: str
    token: Token


class ClaimAttempts(Request[Claims], frozen=True, kw_only=True, tag="attempts.claim"):
    """Take leases on attempts that orders named. Runners claim with stage ``run``, judges with ``judge``."""

    reply: ClassVar[Any] = Claims
    worker_id: str
    stage: Stage
    claims: tuple[Claim, ...]


class Leases(Data, frozen=True, kw_only=True):
    """The answer to a heartbeat: leases that are no longer this worker's, whose work should stop."""

    lost: tuple[Claim, ...] = ()
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """This worker's slots among all live ones of its stage: its part of what a provider allows."""


class Heartbeat(Request[Leases], frozen=True, kw_only=True, tag="workers.heartbeat"):
    """A worker is alive with so many slots, and extends the leases it still works on."""

    reply: ClassVar[Any] = Leases
    worker_id: str
    stage: Stage
    pool: str = "default"
    slots: Annotated[int, Meta(ge=0, le=100_000)]
    leases: tuple[Claim, ...] = ()


class AttemptPage(Data, frozen=True, kw_only=True):
    """By ordinal. ``sequence`` is the run's sequence the page was read at."""

    items: tuple[AttemptView, ...]
    next_cursor: str = ""
    total: int = 0
    sequence: int = 0


class ListAttempts(Request[AttemptPage], frozen=True, kw_only=True, tag="attempts.list"):
    """A run's attempts that match, by ordinal."""

    reply: ClassVar[Any] = AttemptPage
    run_id: str
    state: State | None = None
    outcome: Outcome | None = None
    model: str = ""
    task_id: str = ""
    cursor: str = ""
    limit: PageSize = 500


class GetAttempt(Request[AttemptDetail], frozen=True, kw_only=True, tag="attempts.get"):
    """One attempt with its tries, calls, verdict and artifacts."""

    reply: ClassVar[Any] = AttemptDetail
    attempt_id: str


# --- results and facts ----------------------------------------------------------------------------------------------


class GetBoard(Request[Board], frozen=True, kw_only=True, tag="leaderboard"):
    """The leaderboard of a suite, a category, or everything."""

    reply: ClassVar[Any] = Board
    suite: str = ""
    category: str = ""


class FactPage(Data, frozen=True, kw_only=True):
    """Facts as stored: each of ``events`` is the JSON text of one CloudEvents envelope, in order of sequence."""

    events: tuple[str, ...]
    last_sequence: int


class ListFacts(Request[FactPage], frozen=True, kw_only=True, tag="facts.list"):
    """A run's facts after a sequence: how a gap on the bus is filled from the truth."""

    reply: ClassVar[Any] = FactPage
    run_id: str
    after: Annotated[int, Meta(ge=0)] = 0
    limit: PageSize = 500


class ServiceHealth(Data, frozen=True, kw_only=True):
    service: str
    ready: bool
    detail: str = ""
    trouble: str = ""
    """What holds up work now, though the service is ready; empty: nothing."""
    workers: dict[str, int] = field(default_factory=dict[str, int])
    """Live worker slots by stage."""


class GetHealth(Request[ServiceHealth], frozen=True, kw_only=True, tag="health"):
    """Whether the ledger reaches Postgres, and which workers are alive."""

    reply: ClassVar[Any] = ServiceHealth


# --- answered by runners --------------------------------------------------------------------------------------------


class ModelProbe(Data, frozen=True, kw_only=True):
    """What a short real request to a model gave."""

    model: str
    ok: bool
    fault: CallFault | None = None
    message: str = ""
    latency_seconds: float = 0.0


class TestModel(Request[ModelProbe], frozen=True, kw_only=True, tag="models.test"):
    """Ask the model for one word, with the runner's own keys and network."""

    __test__: ClassVar[bool] = False
    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = ModelProbe
    model: str


# --- answered by the embedded model host ----------------------------------------------------------------------------


class ModelEndpoint(Data, frozen=True, kw_only=True):
    """Where a local model answers, in OpenAI's dialect."""

    base_url: str
    model: str


class ServeModel(Request[ModelEndpoint], frozen=True, kw_only=True, tag="models.serve"):
    """Load the local model unless it is loaded already, and say where it is."""

    service: ClassVar[str] = "modelhost"
    reply: ClassVar[Any] = ModelEndpoint
    model: str


LEDGER_REQUESTS: tuple[type[Request[Any]], ...] = (
    SubmitRun,
    GetRun,
    ListRuns,
    CancelRun,
    PauseRun,
    ResumeRun,
    ChangeRun,
    RestartRun,
    QuoteRun,
    TopUpGrant,
    ReleaseGrant,
    GetMoney,
    SetMoneyLimits,
    GetCosts,
    ClaimAttempts,
    Heartbeat,
    ListAttempts,
    GetAttempt,
    GetBoard,
    ListFacts,
    GetHealth,
)
