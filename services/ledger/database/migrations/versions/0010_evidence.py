"""Runs count attempts that a money limit ended, which have no score; a project's new time zone waits for midnight.

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The reasons of money limits name amounts, those of an attempt's own limits do not.
OVER_BUDGET = "UPDATE attempts SET score = NULL WHERE outcome = 'limit' AND strpos(reason, '$') > 0"
COUNT = """
UPDATE runs r SET n_over_budget = (
  SELECT count(*) FROM attempts a WHERE a.run_id = r.run_id AND a.outcome = 'limit' AND a.score IS NULL
) WHERE n_limit > 0
"""


def upgrade() -> None:
    op.add_column("runs", sa.Column("n_over_budget", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("excess_warned", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("projects", sa.Column("next_time_zone", sa.Text(), nullable=False, server_default=""))
    op.add_column("projects", sa.Column("next_zone_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(OVER_BUDGET)
    op.execute(COUNT)
    _reusable("score IS NOT NULL")


def downgrade() -> None:
    _reusable("outcome IN ('passed', 'failed', 'timeout', 'refused', 'agent_error')")
    op.drop_column("projects", "next_zone_at")
    op.drop_column("projects", "next_time_zone")
    op.drop_column("runs", "excess_warned")
    op.drop_column("runs", "n_over_budget")


def _reusable(condition: str) -> None:
    op.drop_index("attempts_reusable", "attempts")
    op.create_index("attempts_reusable", "attempts", ["key"], postgresql_where=sa.text(condition))
