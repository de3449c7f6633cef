"""Money held for models that judge, and their answers.

Revision: 0019, after 0018.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judge_holds",
        sa.Column("attempt_id", sa.String(), sa.ForeignKey("attempts.attempt_id"), primary_key=True),
        sa.Column("token", sa.Integer(), primary_key=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amount_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("posted_nanousd", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("state", sa.Text(), nullable=False, server_default="held"),
        sa.Column("lost", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.create_index("judge_holds_open", "judge_holds", ["attempt_id"], postgresql_where=sa.text("state = 'held'"))
    op.create_table(
        "calibrations",
        sa.Column("calibration_id", sa.String(), primary_key=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amount_nanousd", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("posted_nanousd", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("state", sa.Text(), nullable=False, server_default="held"),
        sa.Column("calls", JSONB(), nullable=False, server_default="[]"),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.create_index("calibrations_open", "calibrations", ["held_at"], postgresql_where=sa.text("state = 'held'"))
    op.create_table(
        "judge_answers",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )


def downgrade() -> None:
    op.drop_table("judge_answers")
    op.drop_table("calibrations")
    op.drop_table("judge_holds")
