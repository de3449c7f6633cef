"""What the ledger remembers of the bus, whose store can be lost."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import count, time


class BusEpoch(SQLModel, table=True):
    """A period in which the bus lost nothing; the newest row is the present one. ``streams`` is what was last seen of
    each stream; ``fact_id`` is the fact at the facts stream's last position. ``trouble`` is what the leader found at
    ``checked_at``, empty if nothing."""

    __tablename__ = "bus_epochs"

    epoch: int = Field(sa_column=Column(Integer, Identity(), primary_key=True))
    began_at: datetime = time()
    reason: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    streams: Any = Field(sa_column=Column(JSONB, nullable=False))
    fact_id: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    checked_at: datetime = time()
    trouble: str = Field(sa_column=Column(Text, nullable=False, server_default=""))


class StoredDeadLetter(SQLModel, table=True):
    """A message that could not be handled, and what the ledger did about it. ``store`` identifies the dead-letter
    stream that ``position`` belongs to."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index("dead_letters_of_attempt", "attempt_id"), Index("dead_letters_by_time", "found_at"))

    store: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, primary_key=True))
    subject: str
    attempt_id: str
    token: int = count()
    reason: str
    deliveries: int = count()
    action: str
    found_at: datetime = time()
