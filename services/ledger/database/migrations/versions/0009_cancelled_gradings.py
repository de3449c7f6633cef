"""Executed attempts of cancelled runs are graded, unless a model would grade them.

Revision: 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("cancel_grading", sa.Text(), nullable=False, server_default="free"))
    op.add_column("attempts", sa.Column("model_graded", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    op.drop_column("attempts", "model_graded")
    op.drop_column("runs", "cancel_grading")
