"""What is remembered of the bus: its epochs, the dead letters, the content of reports.

Revision: 0003, after 0002.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _string(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _time(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()"))


def upgrade() -> None:
    op.create_table(
        "bus_epochs",
        sa.Column("epoch", sa.Integer(), sa.Identity(), nullable=False),
        _time("began_at"),
        _text("reason"),
        sa.Column("streams", postgresql.JSONB(), nullable=False),
        _text("fact_id"),
        _time("checked_at"),
        _text("trouble"),
        sa.PrimaryKeyConstraint("epoch"),
    )
    op.create_table(
        "dead_letters",
        _string("store"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        *(_string(name) for name in ("subject", "attempt_id")),
        _count("token"),
        _string("reason"),
        _count("deliveries"),
        _string("action"),
        _time("found_at"),
        sa.PrimaryKeyConstraint("store", "position"),
    )
    op.add_column("inbox", _text("digest"))
    op.create_index("dead_letters_of_attempt", "dead_letters", ["attempt_id"])
    op.create_index("dead_letters_by_time", "dead_letters", ["found_at"])


def downgrade() -> None:
    op.drop_column("inbox", "digest")
    op.drop_table("dead_letters")
    op.drop_table("bus_epochs")
