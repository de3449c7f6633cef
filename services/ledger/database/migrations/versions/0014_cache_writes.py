"""Tokens written to a provider's prompt cache.

Revision: 0014, after 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = ("attempts", "runs", "cells")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "cache_write_tokens")
