"""Kinds of columns that many tables have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Integer, text
from sqlmodel import Field


def count() -> Any:
    return Field(sa_column=Column(Integer, nullable=False, server_default="0"))


def nanousd() -> Any:
    return Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))


def tokens() -> Any:
    return Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))


def time(*, null: bool = False) -> Any:
    """By the database's clock."""
    default = None if null else text("now()")
    return Field(sa_column=Column(DateTime(timezone=True), nullable=null, server_default=default))
