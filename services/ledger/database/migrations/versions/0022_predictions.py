"""Beside verdicts: what attempts predicted, for metrics over all samples of a task.

Revision: 0022, after 0021.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verdicts", sa.Column("predictions", JSONB()))


def downgrade() -> None:
    op.drop_column("verdicts", "predictions")
