"""Gradings are ordered in the order of their runs' attempts, and only so many at a time.

Revision: 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pending_orders", sa.Column("ordinal", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("pending_orders_unpublished", "pending_orders")
    op.create_index("pending_orders_of_stage", "pending_orders", ["stage", "ordinal"])
    op.create_index(
        "pending_orders_published", "pending_orders", ["published_at"], postgresql_where="published_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_index("pending_orders_published", "pending_orders")
    op.drop_index("pending_orders_of_stage", "pending_orders")
    op.create_index(
        "pending_orders_unpublished", "pending_orders", ["attempt_id"], postgresql_where="published_at IS NULL"
    )
    op.drop_column("pending_orders", "ordinal")
