"""Money, in nano-USD: calls as booked, accounts, holds."""
# pyright: reportAssignmentType=false
# (SQLModel types __tablename__ as a declared_attr, and means a str)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.ledger.tables.columns import nanousd, time


class StoredCall(SQLModel, table=True):
    """One model request as booked; it is never changed."""

    __tablename__ = "calls"
    __table_args__ = (Index("calls_of_attempt", "attempt_id"),)

    call_id: str = Field(primary_key=True)
    attempt_id: str = Field(foreign_key="attempts.attempt_id")
    token: int
    cost_nanousd: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    booked_at: datetime = time()


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
    held_nanousd: int = nanousd()
    posted_nanousd: int = nanousd()


class Hold(SQLModel, table=True):
    """Money reserved for one try: ``held`` until it is ``posted`` at what was spent, or ``voided``."""

    __tablename__ = "holds"

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    token: int = Field(primary_key=True)
    amount_nanousd: int = Field(sa_column=Column(BigInteger, nullable=False))
    posted_nanousd: int = nanousd()
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="held"))
    held_at: datetime = time()
