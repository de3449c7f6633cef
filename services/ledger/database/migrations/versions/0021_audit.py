"""Score components of attempts, beside their verdicts.

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


def upgrade() -> None:
    for table in ("tries", "verdicts"):
        op.add_column(table, sa.Column("evaluation", JSONB()))


def downgrade() -> None:
    for table in ("verdicts", "tries"):
        op.drop_column(table, "evaluation")
