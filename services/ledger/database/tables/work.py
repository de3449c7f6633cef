"""Who is at work, and what was already heard from them."""
# pyright: reportAssignmentType=false
# (SQLModel types __tablename__ as a declared_attr, and means a str)

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import time


class Inbox(SQLModel, table=True):
    """Reports already taken in: a message's effect is made in the transaction that writes its row here. ``digest`` is
    of its content, empty in rows of earlier releases."""

    __tablename__ = "inbox"

    message_id: str = Field(primary_key=True)
    digest: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    received_at: datetime = time()


class Worker(SQLModel, table=True):
    """A runner or judge, as last heard of. ``sandboxes`` are the kinds it can give; null: it did not say."""

    __tablename__ = "workers"

    worker_id: str = Field(primary_key=True)
    stage: str
    pool: str
    slots: int
    sandboxes: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    seen_at: datetime = time()
