"""Runs say whether their models were shown the tests, and when what they left was given up.

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("include_tests", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("runs", sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "expired_at")
    op.drop_column("runs", "include_tests")
