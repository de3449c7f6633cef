# pyright: reportAssignmentType=false
# (SQLModel types __tablename__ as a declared_attr, and means a str)
"""The truth, as tables. Money is nano-USD in BIGINT; times are the database's. Migrations are made from these.

Hot rows (attempts, runs) are kept narrow: what is written once and read seldom lies in tables of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from assay.contracts.attempts import State
from assay.contracts.verdicts import Outcome

STATES = tuple(State)
OUTCOMES = tuple(Outcome)


def _count() -> Any:
    return Field(sa_column=Column(Integer, nullable=False, server_default="0"))


def _nanousd() -> Any:
    return Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))


def _tokens() -> Any:
    return Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))


def _time(*, null: bool = False) -> Any:
    default = None if null else text("now()")
    return Field(sa_column=Column(DateTime(timezone=True), nullable=null, server_default=default))


class Run(SQLModel, table=True):
    """A run and its counters; ``sequence`` is that of its newest fact, ``n_*`` count attempts by state and outcome."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("runs_active", "run_id", postgresql_where=text("status IN ('waiting', 'running')")),
        Index("runs_key", "idempotency_key", unique=True, postgresql_where=text("idempotency_key <> ''")),
        CheckConstraint(
            "n_waiting + n_queued + n_running + n_executed + n_grading + n_done = total", name="runs_every_attempt_once"
        ),
    )

    run_id: str = Field(primary_key=True)
    project: str
    name: str
    suite: str
    status: str
    repeats: int
    models: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    task_ids: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    idempotency_key: str
    plan_digest: str
    created_at: datetime = _time()
    started_at: datetime | None = _time(null=True)
    finished_at: datetime | None = _time(null=True)
    sequence: int = _count()
    total: int = _count()
    n_waiting: int = _count()
    n_queued: int = _count()
    n_running: int = _count()
    n_executed: int = _count()
    n_grading: int = _count()
    n_done: int = _count()
    n_passed: int = _count()
    n_failed: int = _count()
    n_timeout: int = _count()
    n_limit: int = _count()
    n_refused: int = _count()
    n_agent_error: int = _count()
    n_infra_error: int = _count()
    n_cancelled: int = _count()
    n_needs_review: int = _count()
    cost_nanousd: int = _nanousd()
    input_tokens: int = _tokens()
    cached_tokens: int = _tokens()
    output_tokens: int = _tokens()
    reasoning_tokens: int = _tokens()


class Plan(SQLModel, table=True):
    """A run's plan (contracts.runs.RunPlan), written once."""

    __tablename__ = "plans"

    run_id: str = Field(primary_key=True, foreign_key="runs.run_id")
    body: Any = Field(sa_column=Column(JSONB, nullable=False))


class Attempt(SQLModel, table=True):
    """One attempt. ``task`` and ``model_index`` point into the run's plan; ``token`` fences its present lease."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("attempts_of_run", "run_id", "ordinal", unique=True),
        Index("attempts_waiting", "run_id", "ordinal", postgresql_where=text("state = 'waiting'")),
        Index("attempts_leased", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
    )

    attempt_id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="runs.run_id")
    ordinal: int
    task_index: int
    model_index: int
    task_id: str
    category: str
    sample_id: str
    model: str
    repeat: int
    key: str
    state: str
    token: int = _count()
    tries: int = _count()
    gradings: int = _count()
    worker_id: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    lease_until: datetime | None = _time(null=True)
    outcome: str | None = None
    score: float | None = None
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    cost_nanousd: int = _nanousd()
    input_tokens: int = _tokens()
    cached_tokens: int = _tokens()
    output_tokens: int = _tokens()
    reasoning_tokens: int = _tokens()
    duration_seconds: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    changed_at: datetime = _time()


class Try(SQLModel, table=True):
    """One physical execution of an attempt, with what it left behind."""

    __tablename__ = "tries"

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    token: int = Field(primary_key=True)
    worker_id: str
    started_at: datetime = _time()
    ended_at: datetime | None = _time(null=True)
    ended: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    cause: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    duration_seconds: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    output: Any = Field(default=None, sa_column=Column(JSONB))
    artifacts: Any = Field(default=None, sa_column=Column(JSONB))


class StoredVerdict(SQLModel, table=True):
    """The verdict on an attempt: at most one, written by a judge's report or by the ledger for what had no grading."""

    __tablename__ = "verdicts"

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    token: int
    judge_id: str
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    artifacts: Any = Field(default=None, sa_column=Column(JSONB))
    judged_at: datetime = _time()


class StoredCall(SQLModel, table=True):
    """One model request as booked; it is never changed."""

    __tablename__ = "calls"
    __table_args__ = (Index("calls_of_attempt", "attempt_id"),)

    call_id: str = Field(primary_key=True)
    attempt_id: str = Field(foreign_key="attempts.attempt_id")
    token: int
    cost_nanousd: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    booked_at: datetime = _time()


class Account(SQLModel, table=True):
    """Money spent and reserved under one name: ``run:<id>``, ``project:<name>``, ``day:<project>:<date>``."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("held_nanousd >= 0 AND posted_nanousd >= 0", name="accounts_never_negative"),
        CheckConstraint(
            "limit_nanousd IS NULL OR posted_nanousd + held_nanousd <= limit_nanousd", name="accounts_within_limit"
        ),
    )

    account: str = Field(primary_key=True)
    limit_nanousd: int | None = Field(default=None, sa_column=Column(BigInteger))
    held_nanousd: int = _nanousd()
    posted_nanousd: int = _nanousd()


class Hold(SQLModel, table=True):
    """Money reserved for one try: ``held`` until it is ``posted`` at what was spent, or ``voided``."""

    __tablename__ = "holds"

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    token: int = Field(primary_key=True)
    amount_nanousd: int = Field(sa_column=Column(BigInteger, nullable=False))
    posted_nanousd: int = _nanousd()
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="held"))
    held_at: datetime = _time()


class Inbox(SQLModel, table=True):
    """Reports already taken in: a message's effect is made in the transaction that writes its row here."""

    __tablename__ = "inbox"

    message_id: str = Field(primary_key=True)
    received_at: datetime = _time()


class StoredFact(SQLModel, table=True):
    """A fact as published: one CloudEvents envelope."""

    __tablename__ = "facts"

    run_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    subject: str
    body: str


class PendingFact(SQLModel, table=True):
    """Facts the relay has still to publish, in order; a row goes when the stream has stored its fact."""

    __tablename__ = "pending_facts"

    position: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    run_id: str
    sequence: int


class PendingOrder(SQLModel, table=True):
    """Orders to workers; a row goes when its effect is seen: the claim."""

    __tablename__ = "pending_orders"
    __table_args__ = (Index("pending_orders_unpublished", "attempt_id", postgresql_where=text("published_at IS NULL")),)

    attempt_id: str = Field(primary_key=True)
    stage: str
    token: int
    pool: str = Field(sa_column=Column(Text, nullable=False, server_default="default"))
    publishes: int = _count()
    published_at: datetime | None = _time(null=True)


class Worker(SQLModel, table=True):
    """A runner or judge, as last heard of."""

    __tablename__ = "workers"

    worker_id: str = Field(primary_key=True)
    stage: str
    pool: str
    slots: int
    seen_at: datetime = _time()


class Cell(SQLModel, table=True):
    """The leaderboard's sums for one model on one version of one task within one suite, kept with every verdict."""

    __tablename__ = "cells"

    project: str = Field(primary_key=True)
    suite: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
    task_digest: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    category: str
    weight: float
    n: int = _count()
    passed: int = _count()
    errors: int = _count()
    score_sum: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    duration_sum_seconds: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    cost_nanousd: int = _nanousd()
    input_tokens: int = _tokens()
    cached_tokens: int = _tokens()
    output_tokens: int = _tokens()
    reasoning_tokens: int = _tokens()
    last_run_id: str
    updated_at: datetime = _time()


class CellMetric(SQLModel, table=True):
    """The sum of one metric over the attempts of a cell."""

    __tablename__ = "cell_metrics"

    project: str = Field(primary_key=True)
    suite: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
    task_digest: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    n: int = _count()
    total: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
