"""The framework that the results of an imported run come from.

Revision: 0024, after 0023.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("imported", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("runs", "imported")
