"""Runs, their plans, and the facts about them."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import count, nanousd, time, tokens
from services.ledger.runs.rows import ACTIVE


class Run(SQLModel, table=True):
    """A run and its counters; ``sequence`` is that of its newest fact, ``n_*`` count attempts by state and outcome.
    ``cancel_at`` is when running attempts are ended too, ``cancel_grading`` which executed ones are still graded;
    ``progressed_at`` when an attempt last changed."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("runs_active", "run_id", postgresql_where=text(f"status IN {ACTIVE}")),
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
    created_at: datetime = time()
    started_at: datetime | None = time(null=True)
    finished_at: datetime | None = time(null=True)
    limits: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    priority: int = Field(default=5, sa_column_kwargs={"server_default": "5"})
    deadline_at: datetime | None = time(null=True)
    cancel_at: datetime | None = time(null=True)
    cancel_grading: str = Field(sa_column=Column(Text, nullable=False, server_default="free"))
    progressed_at: datetime = time()
    stalled_at: datetime | None = time(null=True)
    waits: Any = Field(default=None, sa_column=Column(JSONB))
    failing_models: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    served_models: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    """Models that cannot be called, with how many attempts in a row failed alike (runs.rows.FailingModel)."""
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    restarts: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    regrades: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    imported: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    """The framework that its results come from."""
    excess_warned: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    include_tests: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    expired_at: datetime | None = time(null=True)
    sequence: int = count()
    total: int = count()
    n_waiting: int = count()
    n_queued: int = count()
    n_running: int = count()
    n_executed: int = count()
    n_grading: int = count()
    n_done: int = count()
    n_passed: int = count()
    n_failed: int = count()
    n_timeout: int = count()
    n_limit: int = count()
    n_refused: int = count()
    n_agent_error: int = count()
    n_infra_error: int = count()
    n_cancelled: int = count()
    n_needs_review: int = count()
    n_over_budget: int = count()
    n_reused: int = count()
    n_flagged: int = count()
    """Attempts that passed and have audit flags."""
    n_impossible: int = count()
    n_impossible_passed: int = count()
    cost_nanousd: int = nanousd()
    held_nanousd: int = nanousd()
    input_tokens: int = tokens()
    cached_tokens: int = tokens()
    cache_write_tokens: int = tokens()
    output_tokens: int = tokens()
    reasoning_tokens: int = tokens()


class Plan(SQLModel, table=True):
    """A run's plan (contracts.runs.RunPlan), written once, and the trace context of its submission; empty if that was
    not traced."""

    __tablename__ = "plans"

    run_id: str = Field(primary_key=True, foreign_key="runs.run_id")
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    traceparent: str = Field(sa_column=Column(Text, nullable=False, server_default=""))


class StoredFact(SQLModel, table=True):
    """A fact as published: one CloudEvents envelope."""

    __tablename__ = "facts"

    run_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    subject: str
    body: str


class PendingFact(SQLModel, table=True):
    """Facts still to be published, in order; a row is deleted when the stream has stored its fact."""

    __tablename__ = "pending_facts"

    position: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    run_id: str
    sequence: int
