"""The leaderboard's sums."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import count, nanousd, time, tokens


class Cell(SQLModel, table=True):
    """The leaderboard's sums for one model on one version of one task within one suite, updated with every verdict."""

    __tablename__ = "cells"

    project: str = Field(primary_key=True)
    suite: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
    task_digest: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    category: str
    difficulty: str = Field(default="", sa_column_kwargs={"server_default": ""})
    language: str = Field(default="", sa_column_kwargs={"server_default": ""})
    weight: float
    n: int = count()
    passed: int = count()
    errors: int = count()
    flagged: int = count()
    """How many of those that passed have audit flags."""
    impossible_attempts: int = count()
    impossible_passed: int = count()
    score_sum: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    duration_sum_seconds: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    cost_nanousd: int = nanousd()
    input_tokens: int = tokens()
    cached_tokens: int = tokens()
    cache_write_tokens: int = tokens()
    output_tokens: int = tokens()
    reasoning_tokens: int = tokens()
    last_run_id: str
    updated_at: datetime = time()
    revision: int = Field(default=1, sa_column=Column(BigInteger, nullable=False, server_default="1"))
    """How many additions there were."""


class CellMetric(SQLModel, table=True):
    """The sum of one metric over the attempts of a cell."""

    __tablename__ = "cell_metrics"

    project: str = Field(primary_key=True)
    suite: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
    task_digest: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    n: int = count()
    total: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
