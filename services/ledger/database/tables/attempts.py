"""Attempts, their tries and verdicts. The row that changes often is narrow; data written once has its own tables."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import count, nanousd, time, tokens
from services.ledger.runs.reuse import REUSABLE


class Attempt(SQLModel, table=True):
    """One attempt. ``worst_nanousd`` is the most its first request can cost, ``held_nanousd`` the amount reserved now.
    ``task_index`` and ``model_index`` point into the run's plan; ``token`` fences its present lease."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("attempts_of_run", "run_id", "ordinal", unique=True),
        Index(
            "attempts_waiting",
            *("run_id", "model_index", "requirement", "ordinal"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("attempts_reusable", "key", postgresql_where=text(REUSABLE)),
        Index("attempts_reused", "reused_from", postgresql_where=text("reused_from <> ''")),
        Index("attempts_to_review", "attempt_id", postgresql_where=text("outcome = 'needs_review'")),
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
    token: int = count()
    tries: int = count()
    gradings: int = count()
    worker_id: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    lease_until: datetime | None = time(null=True)
    outcome: str | None = None
    score: float | None = None
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    worst_nanousd: int = nanousd()
    held_nanousd: int = nanousd()
    model_graded: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    requirement: str = Field(sa_column=Column(Text, nullable=False, server_default="none"))
    """What it requires of its workers' sandboxes (contracts.sandboxes.SandboxRequirement)."""
    reused_from: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    flag_count: int = count()
    impossible: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    cost_nanousd: int = nanousd()
    input_tokens: int = tokens()
    cached_tokens: int = tokens()
    cache_write_tokens: int = tokens()
    output_tokens: int = tokens()
    reasoning_tokens: int = tokens()
    duration_seconds: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    changed_at: datetime = time()


class Try(SQLModel, table=True):
    """One physical execution of an attempt, and its artifacts."""

    __tablename__ = "tries"

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    token: int = Field(primary_key=True)
    worker_id: str
    started_at: datetime = time()
    ended_at: datetime | None = time(null=True)
    ended: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    cause: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    duration_seconds: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    output: Any = Field(default=None, sa_column=Column(JSONB))
    artifacts: Any = Field(default=None, sa_column=Column(JSONB))
    evaluation: Any = Field(default=None, sa_column=Column(JSONB))
    """If the try ended the attempt (contracts.evaluation.Evaluation)."""
    flags: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    """What its runner flagged (contracts.audit.AuditFlag)."""


class StoredVerdict(SQLModel, table=True):
    """A verdict on an attempt. The one with the highest ``revision`` counts; earlier ones are kept. ``by_run`` is the
    run that graded the output again."""

    __tablename__ = "verdicts"
    __table_args__ = (Index("verdicts_by_run", "by_run", postgresql_where=text("by_run <> ''")),)

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    revision: int = Field(default=0, primary_key=True, sa_column_kwargs={"server_default": "0"})
    token: int
    judge_id: str
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    artifacts: Any = Field(default=None, sa_column=Column(JSONB))
    judged_at: datetime = time()
    source: str = Field(sa_column=Column(Text, nullable=False, server_default="judge"))
    author: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    comment: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    by_run: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    evaluation: Any = Field(default=None, sa_column=Column(JSONB))
    flags: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    """What its judge flagged."""
    predictions: Any = Field(default=None, sa_column=Column(JSONB))
    """By check, for metrics over all samples (contracts.run_metrics.Prediction)."""


class PendingOrder(SQLModel, table=True):
    """Orders to workers; a claim deletes its row."""

    __tablename__ = "pending_orders"
    __table_args__ = (
        Index("pending_orders_of_stage", "stage", "requirement", "ordinal"),
        Index("pending_orders_published", "published_at", postgresql_where=text("published_at IS NOT NULL")),
    )

    attempt_id: str = Field(primary_key=True)
    stage: str
    token: int
    pool: str = Field(sa_column=Column(Text, nullable=False, server_default="default"))
    requirement: str = Field(sa_column=Column(Text, nullable=False, server_default="none"))
    """The attempt's."""
    urgent: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    publishes: int = count()
    ordinal: int = count()
    """The attempt's ordinal: the first attempts of each run are graded first, however many other runs have waiting."""
    ordered_at: datetime = time()
    published_at: datetime | None = time(null=True)
