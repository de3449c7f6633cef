"""The difficulty and the language of the tasks on the leaderboard. Cells from before get them with their next result.

Revision: 0023, after 0022.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("difficulty", "language"):
        op.add_column("cells", sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("language", "difficulty"):
        op.drop_column("cells", name)
