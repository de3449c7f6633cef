"""The models that answered in a run, as their providers name them.

Revision: 0018, after 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("served_models", JSONB(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("runs", "served_models")
