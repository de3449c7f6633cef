"""Workers, and the reports that were accepted from them."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import time


class Inbox(SQLModel, table=True):
    """Accepted reports: a report takes effect in the transaction that inserts its row. ``digest`` is of its content,
    empty in rows of earlier releases."""

    __tablename__ = "inbox"

    message_id: str = Field(primary_key=True)
    digest: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    received_at: datetime = time()


class Worker(SQLModel, table=True):
    """A runner or judge, as of its last heartbeat. ``sandboxes`` are the kinds it offers; null if it has not reported
    any. ``outages`` are the models it cannot call."""

    __tablename__ = "workers"

    worker_id: str = Field(primary_key=True)
    stage: str
    pool: str
    slots: int
    sandboxes: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    outages: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    seen_at: datetime = time()
