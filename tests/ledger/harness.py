"""The ledger under test: its stores over a real Postgres, and short ways to act as submitter, runner and judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Stage, Ticket
from assay.contracts.facts import Event
from assay.contracts.models import Call, ModelSpec, Usage
from assay.contracts.money import Price
from assay.contracts.rpc import Claim, ClaimAttempts, Claims, Heartbeat, Leases, ListFacts, SubmitRun
from assay.contracts.runs import ModelPin, RunLimits, RunPlan, RunView
from assay.contracts.tasks import Difficulty, Solver, TaskPin
from assay.contracts.verdicts import Outcome, Verdict
from services.ledger.attempts.attempt_store import AttemptStore
from services.ledger.attempts.reports import ReportStore
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.health.health_store import HealthStore
from services.ledger.judges.answer_store import JudgeAnswerStore
from services.ledger.judges.calibrations import CalibrationStore
from services.ledger.leaderboard.leaderboard_read import LeaderboardReader
from services.ledger.money.cost_estimate import worst_nanousd
from services.ledger.money.money_store import MoneyStore
from services.ledger.outbox.outbox_store import OutboxStore
from services.ledger.providers.key_store import KeyStore
from services.ledger.providers.master_key import MasterKey
from services.ledger.providers.provider_store import ProviderStore
from services.ledger.reviews.review_store import ReviewStore
from services.ledger.runs.history import HistoryStore
from services.ledger.runs.plans import Plans
from services.ledger.runs.retention import RetentionStore
from services.ledger.runs.run_control import RunControl
from services.ledger.runs.run_store import RunStore
from services.ledger.scheduling.model_use import ModelUseStore
from services.ledger.scheduling.scheduler import Scheduler
from services.ledger.scheduling.wanted_slots import WantedSlotsStore
from services.ledger.settings import LedgerSettings
from services.ledger.sweeper import Sweeper
from tests.ledger.audit import audit

REF = ArtifactRef(sha256="a" * 64, size_bytes=3)
PRICE = Price(version="test", input_nanousd_per_mtok=1_000_000_000, output_nanousd_per_mtok=2_000_000_000)


def plan(
    *,
    samples: int = 2,
    models: Sequence[str] = ("oracle",),
    suite: str = "demo",
    provider_concurrency: int = 0,
    one_model_at_a_time: bool = False,
    model_graded: bool = False,
    **more: Any,
) -> RunPlan:
    task = TaskPin(
        task_id="sums",
        digest="d" * 64,
        category="coding",
        difficulty=Difficulty.EASY,
        solver=Solver.ANSWER,
        sample_ids=tuple(f"s{number}" for number in range(samples)),
        public=REF,
        hidden=REF,
        reference=REF,
        model_graded=model_graded,
    )
    pins = tuple(
        ModelPin(
            model=ModelSpec(name=name),
            price=PRICE,
            provider_concurrency=provider_concurrency,
            one_model_at_a_time=one_model_at_a_time,
        )
        for name in models
    )
    return RunPlan(suite=suite, tasks=(task,), models=pins, **more)


WORST = worst_nanousd(plan().tasks[0], plan().models[0])
"""The most that one attempt of ``plan`` can cost, in nano-USD."""


MASTER_KEYS = (MasterKey(secret=b"m" * 32),)


class LedgerHarness:
    JUDGE = Stage.JUDGE

    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        plans = Plans()
        self.database = database
        self.runs = RunStore(database, plans, settings)
        self.control = RunControl(database)
        self.funds = MoneyStore(database, plans, settings)
        self.attempts = AttemptStore(database, plans, settings)
        self.reports = ReportStore(database, plans, settings)
        self.reviews = ReviewStore(database, plans)
        self.leaderboard = LeaderboardReader(database)
        self.history = HistoryStore(database)
        self.retention = RetentionStore(database)
        self.keys = KeyStore(database, plans, MASTER_KEYS)
        self.providers = ProviderStore(database, self.keys)
        self.health = HealthStore(database, settings)
        self.outbox = OutboxStore(database)
        self.scheduler = Scheduler(database, plans, settings)
        self.wanted_slots = WantedSlotsStore(database, plans, settings)
        self.model_use = ModelUseStore(database)
        self.judge_answers = JudgeAnswerStore(database)
        self.calibrations = CalibrationStore(database)
        self.sweeper = Sweeper(database, plans, settings)

    async def submit(self, key: str = "", **of_plan: Any) -> RunView:
        return await self.runs.submit(SubmitRun(plan=plan(**of_plan), idempotency_key=key))

    async def submit_plan(self, plan: RunPlan, key: str = "") -> RunView:
        return await self.runs.submit(SubmitRun(plan=plan, idempotency_key=key))

    async def table(self, name: str, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table whose columns have these values."""
        rows = [dict(row) for row in await self.rows(f"SELECT * FROM {name}")]
        return [row for row in rows if all(row[column] == value for column, value in where.items())]

    async def set_past(self, table: str, column: str, seconds: float) -> None:
        """Set a column of times, where it is not null, to this long ago."""
        moment = f"now() - interval '{seconds} s'"
        await self.rows(f"UPDATE {table} SET {column} = {moment} WHERE {column} IS NOT NULL")

    async def supersede(self, attempt_id: str) -> None:
        """Raise the attempt's token, as a lost lease does."""
        await self.rows("UPDATE attempts SET token = token + 1 WHERE attempt_id = $1", attempt_id)

    async def queued(self) -> dict[str, int]:
        """How many attempts of each run are queued."""
        return dict(Counter(row["run_id"] for row in await self.table("attempts", state="queued")))

    async def queue_all(self, run: RunView) -> None:
        """Queue every attempt, whatever the limits."""
        await self.rows("UPDATE attempts SET state = 'queued', token = 1 WHERE run_id = $1", run.run_id)
        await self.rows("UPDATE runs SET n_queued = total, n_waiting = 0 WHERE run_id = $1", run.run_id)

    async def age_attempts(self) -> None:
        """Date the last change of every attempt an hour back."""
        await self.set_past("attempts", "changed_at", 3600)

    async def add_runner(self, slots: int, worker_id: str = "runner") -> None:
        await self.attempts.heartbeat(Heartbeat(worker_id=worker_id, stage=Stage.RUN, slots=slots))

    async def claim(self, attempt_ids: Sequence[str], stage: Stage = Stage.RUN, worker_id: str = "runner") -> Claims:
        """Claim under the present tokens."""
        return await self.claim_with(await self.tokens(attempt_ids), stage, worker_id)

    async def tokens(self, attempt_ids: Sequence[str]) -> list[tuple[str, int]]:
        rows = await self.rows("SELECT attempt_id, token FROM attempts WHERE attempt_id = ANY($1)", list(attempt_ids))
        return [(row["attempt_id"], row["token"]) for row in rows]

    async def claim_with(
        self, tokens: Sequence[tuple[str, int]], stage: Stage = Stage.RUN, worker_id: str = "runner"
    ) -> Claims:
        claims = tuple(Claim(attempt_id=attempt_id, token=token) for attempt_id, token in tokens)
        return await self.attempts.claim(ClaimAttempts(worker_id=worker_id, stage=stage, claims=claims))

    async def heartbeat(self, tickets: Sequence[Ticket]) -> Leases:
        leases = tuple(Claim(attempt_id=ticket.attempt_id, token=ticket.token) for ticket in tickets)
        return await self.attempts.heartbeat(Heartbeat(worker_id="runner", stage=Stage.RUN, slots=1, leases=leases))

    async def expire_grace(self) -> int:
        await self.set_past("runs", "cancel_at", 1)
        return await self.sweeper.sweep()

    async def start_attempts(self, run: RunView, slots: int = 10) -> tuple[Ticket, ...]:
        """Schedule, then claim the run's queued attempts."""
        await self.add_runner(slots)
        await self.scheduler.schedule()
        queued = await self.table("attempts", run_id=run.run_id, state="queued")
        granted = (await self.claim([row["attempt_id"] for row in queued])).granted
        return tuple(sorted(granted, key=lambda ticket: int(ticket.attempt_id.rpartition("-")[2])))

    async def report_executed(self, *tickets: Ticket, **fields: Any) -> None:
        await self.reports.executed([executed(ticket, **fields) for ticket in tickets])

    async def grade(self, *tickets: Ticket, outcome: Outcome = Outcome.PASSED, **fields: Any) -> None:
        granted = (await self.claim([ticket.attempt_id for ticket in tickets], Stage.JUDGE, "judge")).granted
        await self.reports.judged([judged(ticket, outcome, **fields) for ticket in granted])

    async def expire_leases(self) -> int:
        await self.set_past("attempts", "lease_until", 1)
        return await self.sweeper.sweep()

    async def accounts(self) -> dict[str, tuple[int, int]]:
        """Held and posted nano-USD by kind of account."""
        rows = await self.table("accounts")
        return {row["account"].partition(":")[0]: (row["held_nanousd"], row["posted_nanousd"]) for row in rows}

    async def audit(self) -> None:
        async with self.database.session() as connection:
            await audit(connection.driver)

    async def rows(self, statement: str, *arguments: Any) -> Sequence[Any]:
        async def work(connection: Connection) -> Sequence[Any]:
            return await connection.driver.fetch(statement, *arguments)

        return await self.database.transact(work)

    async def events(self, run_id: str) -> list[Event]:
        page = await self.history.page(ListFacts(run_id=run_id, limit=1000))
        return [msgspec.json.decode(text, type=Event) for text in page.events]


def limited(cost_usd: str | None) -> RunLimits:
    return RunLimits(cost_usd=cost_usd)


def costs(ticket: Ticket, *amounts: int) -> tuple[Call, ...]:
    """A call for each amount in nano-USD."""
    return tuple(
        Call(call_id=f"{ticket.attempt_id}:{ticket.token}:{place}", model="m", cost_nanousd=amount)
        for place, amount in enumerate(amounts)
    )


def call(ticket: Ticket, cost_nanousd: int = 7) -> Call:
    usage = Usage(input_tokens=5, output_tokens=1)
    return Call(call_id=f"{ticket.attempt_id}:{ticket.token}:1", model="oracle", usage=usage, cost_nanousd=cost_nanousd)


def executed(ticket: Ticket, **fields: Any) -> AttemptExecuted:
    report = AttemptExecuted(
        message_id=f"{ticket.attempt_id}:{ticket.token}:executed",
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id="runner",
        calls=(call(ticket),),
        output=REF,
        artifacts={"response.txt": REF},
        duration_seconds=0.5,
    )
    return msgspec.structs.replace(report, **fields)


def judged(ticket: Ticket, outcome: Outcome = Outcome.PASSED, **fields: Any) -> AttemptJudged:
    score = 1.0 if outcome is Outcome.PASSED else 0.0
    report = AttemptJudged(
        message_id=f"{ticket.attempt_id}:{ticket.token}:judged",
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id="judge",
        verdict=Verdict(outcome=outcome, score=score, metrics={"mean_abs_err": 0.25}),
    )
    return msgspec.structs.replace(report, **fields)
