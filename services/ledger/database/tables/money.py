"""Money, in nano-USD: accounts, holds, the journal of movements, and the receipts of calls."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import count, nanousd, time


class Project(SQLModel, table=True):
    """A project's limits; a day begins at midnight in ``time_zone``, and from ``next_zone_at`` on in
    ``next_time_zone``."""

    __tablename__ = "projects"

    project: str = Field(primary_key=True)
    time_zone: str = Field(sa_column=Column(Text, nullable=False, server_default="UTC"))
    day_nanousd: int | None = Field(default=None, sa_column=Column(BigInteger))
    project_nanousd: int | None = Field(default=None, sa_column=Column(BigInteger))
    next_time_zone: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    next_zone_at: datetime | None = time(null=True)


class Account(SQLModel, table=True):
    """Money spent and reserved under one name: ``run:<id>``, ``day:<project>:<date>``, ``project:<name>``, which are
    nested and bounded; ``judge:<project>``, which stands alone; ``excess:<project>``, which has no limit.

    New holds obey ``limit_nanousd``. ``bound_nanousd`` is the same, unless the limit was lowered below what was spent
    and held already: then it is that sum, and follows it down."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("held_nanousd >= 0 AND posted_nanousd >= 0", name="accounts_never_negative"),
        CheckConstraint("posted_nanousd + held_nanousd <= bound_nanousd", name="accounts_within_limit"),
        CheckConstraint(
            "(limit_nanousd IS NULL) = (bound_nanousd IS NULL) AND limit_nanousd <= bound_nanousd",
            name="accounts_bounded",
        ),
    )

    account: str = Field(primary_key=True)
    limit_nanousd: int | None = Field(default=None, sa_column=Column(BigInteger))
    bound_nanousd: int | None = Field(default=None, sa_column=Column(BigInteger))
    held_nanousd: int = nanousd()
    posted_nanousd: int = nanousd()
    warned_percent: int = count()


class Hold(SQLModel, table=True):
    """Money reserved for one try: ``held`` until it is ``posted`` at what was spent, or ``voided``. ``lost``: no
    report came, and all of it was posted."""

    __tablename__ = "holds"
    __table_args__ = (Index("holds_open", "attempt_id", postgresql_where=text("state = 'held'")),)

    attempt_id: str = Field(primary_key=True, foreign_key="attempts.attempt_id")
    token: int = Field(primary_key=True)
    accounts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    amount_nanousd: int = Field(sa_column=Column(BigInteger, nullable=False))
    posted_nanousd: int = nanousd()
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="held"))
    lost: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    held_at: datetime = time()


class Transfer(SQLModel, table=True):
    """The journal: one movement in each of ``accounts`` between free, held and posted. Replaying it gives the balances.
    A ``key`` is transferred once."""

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("free_nanousd + held_nanousd + posted_nanousd = 0", name="transfers_sum_to_zero"),
        Index("transfers_key", "key", unique=True),
        Index("transfers_of_attempt", "attempt_id"),
    )

    position: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    key: str
    kind: str
    attempt_id: str
    token: int
    accounts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    free_nanousd: int = nanousd()
    held_nanousd: int = nanousd()
    posted_nanousd: int = nanousd()
    made_at: datetime = time()


class StoredCall(SQLModel, table=True):
    """The receipt of one model request; never changed once booked. ``posted_nanousd`` is what it added to the
    nested accounts, ``excess_nanousd`` what went beyond its hold; together less than its cost only where the hold was
    posted as lost before the report came."""

    __tablename__ = "calls"
    __table_args__ = (Index("calls_of_attempt", "attempt_id"), Index("calls_by_time", "booked_at"))

    call_id: str = Field(primary_key=True)
    attempt_id: str = Field(foreign_key="attempts.attempt_id")
    token: int
    purpose: str = Field(sa_column=Column(Text, nullable=False, server_default="model"))
    cost_nanousd: int = Field(sa_column=Column(BigInteger, nullable=False))
    posted_nanousd: int = nanousd()
    excess_nanousd: int = nanousd()
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    booked_at: datetime = time()
