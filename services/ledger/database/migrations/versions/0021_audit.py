"""Beside verdicts: score components, and audit flags with their numbers; attempts at impossible tasks.

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

_COUNTS = (
    ("attempts", "flag_count"),
    ("runs", "n_flagged"),
    ("runs", "n_impossible"),
    ("runs", "n_impossible_passed"),
    ("cells", "flagged"),
    ("cells", "impossible_attempts"),
    ("cells", "impossible_passed"),
)


def upgrade() -> None:
    for table in ("tries", "verdicts"):
        op.add_column(table, sa.Column("evaluation", JSONB()))
        op.add_column(table, sa.Column("flags", JSONB(), nullable=False, server_default="[]"))
    for table, name in _COUNTS:
        op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("attempts", sa.Column("impossible", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    op.drop_column("attempts", "impossible")
    for table, name in _COUNTS:
        op.drop_column(table, name)
    for table in ("verdicts", "tries"):
        op.drop_column(table, "flags")
        op.drop_column(table, "evaluation")
