"""When orders were added, and the trace that a run was submitted in.

Revision: 0012, after 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column("pending_orders", sa.Column("ordered_at", time, nullable=False, server_default=sa.text("now()")))
    op.add_column("plans", sa.Column("traceparent", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("plans", "traceparent")
    op.drop_column("pending_orders", "ordered_at")
