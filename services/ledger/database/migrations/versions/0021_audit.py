"""Beside verdicts: score components, and audit flags with their numbers.

Revision: 0021, after 0020.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_COUNTS = (("attempts", "flag_count"), ("runs", "n_flagged"), ("cells", "flagged"))


def upgrade() -> None:
    for table in ("tries", "verdicts"):
        op.add_column(table, sa.Column("evaluation", JSONB()))
        op.add_column(table, sa.Column("flags", JSONB(), nullable=False, server_default="[]"))
    for table, name in _COUNTS:
        op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for table, name in _COUNTS:
        op.drop_column(table, name)
    for table in ("verdicts", "tries"):
        op.drop_column(table, "flags")
        op.drop_column(table, "evaluation")
