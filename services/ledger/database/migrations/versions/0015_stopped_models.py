"""Models that cannot be called are stopped.

Revision: 0015, after 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("failing_models", JSONB(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("runs", "failing_models")
