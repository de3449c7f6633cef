"""Verdicts are revised, and earlier ones are kept; runs can grade the outputs of others again.

Revision: 0020, after 0019.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TEXTS = ("author", "comment", "by_run")


def upgrade() -> None:
    op.add_column("verdicts", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("verdicts", sa.Column("source", sa.Text(), nullable=False, server_default="judge"))
    for name in _TEXTS:
        op.add_column("verdicts", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.drop_constraint("verdicts_pkey", "verdicts")
    op.create_primary_key("verdicts_pkey", "verdicts", ["attempt_id", "revision"])
    op.create_index("verdicts_by_run", "verdicts", ["by_run"], postgresql_where=sa.text("by_run <> ''"))
    op.create_index(
        "attempts_to_review", "attempts", ["attempt_id"], postgresql_where=sa.text("outcome = 'needs_review'")
    )
    op.create_index("attempts_reused", "attempts", ["reused_from"], postgresql_where=sa.text("reused_from <> ''"))
    op.add_column("runs", sa.Column("regrades", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("runs", "regrades")
    op.drop_index("attempts_reused")
    op.drop_index("attempts_to_review")
    op.drop_index("verdicts_by_run")
    op.execute(
        "DELETE FROM verdicts v USING verdicts newer "
        "WHERE newer.attempt_id = v.attempt_id AND newer.revision > v.revision"
    )
    op.drop_constraint("verdicts_pkey", "verdicts")
    op.create_primary_key("verdicts_pkey", "verdicts", ["attempt_id"])
    for name in ("revision", "source", *_TEXTS):
        op.drop_column("verdicts", name)
