"""Model providers that were added to the ledger."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.ledger.database.tables.columns import time


class StoredProvider(SQLModel, table=True):
    """``revision`` counts the changes, from 1."""

    __tablename__ = "providers"

    provider_id: str = Field(primary_key=True)
    body: Any = Field(sa_column=Column(JSONB, nullable=False))
    revision: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    changed_at: datetime = time()
