"""Runners report the models that they cannot call.

Revision: 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workers", sa.Column("outages", JSONB(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("workers", "outages")
