"""Model providers that were added to the ledger."""
# pyright: reportAssignmentType=false
# (SQLModel declares __tablename__ as a declared_attr, although a str is meant)

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Integer
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


class ProviderKey(SQLModel, table=True):
    """A provider's key, encrypted with a data key that is wrapped by the master key. ``registered``: of a provider in
    ``providers``, not of one of the catalogue's file; then it may only be sent to ``base_url``. ``revision`` counts the
    changes, from 1."""

    __tablename__ = "provider_keys"

    provider_id: str = Field(primary_key=True)
    registered: bool
    base_url: str | None
    revision: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    master_key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes
    changed_at: datetime = time()
    last_used_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
