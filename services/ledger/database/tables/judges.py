"""Grading by models: the money held for it, and the answers of the models."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import nanousd, time


class JudgeHold(SQLModel, table=True):
    """Money reserved on the judges' account for one grading: ``held`` until it is ``posted`` at what was spent, or
    ``voided``. ``lost``: no report came, and all of it was posted."""

    __tablename__ = "judge_holds"
    __table_args__ = (Index("judge_holds_open", "attempt_id", postgresql_where=text("state = 'held'")),)

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    token: int = Field(primary_key=True)
    account: str
    amount_nanousd: int = Field(sa_column=Column(BigInteger, nullable=False))
    posted_nanousd: int = nanousd()
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="held"))
    lost: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    held_at: datetime = time()


class Calibration(SQLModel, table=True):
    """A text judged outside of any run, and the money for it: ``held`` until it is ``posted`` at what ``calls`` cost,
    or at all that was held if that stays unknown."""

    __tablename__ = "calibrations"
    __table_args__ = (Index("calibrations_open", "held_at", postgresql_where=text("state = 'held'")),)

    calibration_id: str = Field(primary_key=True)
    account: str
    amount_nanousd: int = nanousd()
    posted_nanousd: int = nanousd()
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="held"))
    calls: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    held_at: datetime = time()


class StoredJudgeAnswer(SQLModel, table=True):
    """A readable answer of a model that judges, by everything that determines it. Never changed."""

    __tablename__ = "judge_answers"

    key: str = Field(primary_key=True)
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    stored_at: datetime = time()
