"""Limits, holds that are kept, the journal of transfers; pausing, deadlines, restarts.

Revision: 0002, after 0001.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REUSABLE = "outcome IN ('passed', 'failed', 'timeout', 'refused', 'agent_error')"
OLD_ACTIVE = "status IN ('waiting', 'running')"
ACTIVE = "status IN ('waiting', 'running', 'paused', 'cancelling')"


def _text(name: str, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _amount(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _count(name: str, default: str = "0") -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)


def _time(name: str, *, null: bool = False) -> sa.Column[Any]:
    default = None if null else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null, server_default=default)


def added() -> dict[str, tuple[sa.Column[Any], ...]]:
    """New columns by table; made anew each time, for a column belongs to one table."""
    return {
        "accounts": (sa.Column("bound_nanousd", sa.BigInteger()), _count("warned_percent")),
        "attempts": (_amount("worst_nanousd"), _amount("held_nanousd"), _text("reused_from")),
        "calls": (_text("purpose", "model"), _amount("posted_nanousd"), _amount("excess_nanousd")),
        "holds": (
            sa.Column("accounts", postgresql.ARRAY(sa.Text()), nullable=False),
            sa.Column("lost", sa.Boolean(), nullable=False, server_default="false"),
        ),
        "runs": (
            sa.Column("limits", postgresql.JSONB(), nullable=False, server_default="{}"),
            _count("priority", "5"),
            _time("deadline_at", null=True),
            _time("cancel_at", null=True),
            _time("progressed_at"),
            _time("stalled_at", null=True),
            sa.Column("waits", postgresql.JSONB()),
            _text("reason"),
            _text("restarts"),
            _count("n_reused"),
            _amount("held_nanousd"),
        ),
    }


OPENING = """
INSERT INTO transfers (key, kind, attempt_id, token, accounts, free_nanousd, posted_nanousd)
SELECT 'opening:' || account, 'opening', '', 0, ARRAY[account], -posted_nanousd, posted_nanousd
FROM accounts WHERE posted_nanousd > 0
"""


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("project", sa.String(), primary_key=True),
        _text("time_zone", "UTC"),
        sa.Column("day_nanousd", sa.BigInteger()),
        sa.Column("project_nanousd", sa.BigInteger()),
    )
    _transfers()
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    _bounds()
    _waiting("run_id", "model_index", "ordinal")
    op.create_index("attempts_reusable", "attempts", ["key"], postgresql_where=sa.text(REUSABLE))
    op.create_index("calls_by_time", "calls", ["booked_at"])
    op.create_index("holds_open", "holds", ["attempt_id"], postgresql_where=sa.text("state = 'held'"))
    op.drop_index("runs_active", "runs")
    op.create_index("runs_active", "runs", ["run_id"], postgresql_where=sa.text(ACTIVE))
    op.execute("UPDATE calls SET posted_nanousd = cost_nanousd")
    op.execute(OPENING)


def downgrade() -> None:
    op.drop_index("runs_active", "runs")
    op.create_index("runs_active", "runs", ["run_id"], postgresql_where=sa.text(OLD_ACTIVE))
    _waiting("run_id", "ordinal")
    for table, name in (("holds", "holds_open"), ("calls", "calls_by_time"), ("attempts", "attempts_reusable")):
        op.drop_index(name, table)
    for constraint in ("accounts_bounded", "accounts_within_limit"):
        op.drop_constraint(constraint, "accounts")
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
    op.create_check_constraint(
        "accounts_within_limit", "accounts", "limit_nanousd IS NULL OR posted_nanousd + held_nanousd <= limit_nanousd"
    )
    op.drop_table("transfers")
    op.drop_table("projects")


def _waiting(*columns: str) -> None:
    op.drop_index("attempts_waiting", "attempts")
    op.create_index("attempts_waiting", "attempts", list(columns), postgresql_where=sa.text("state = 'waiting'"))


def _transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("key", "kind", "attempt_id")),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("accounts", postgresql.ARRAY(sa.Text()), nullable=False),
        *(_amount(name) for name in ("free_nanousd", "held_nanousd", "posted_nanousd")),
        _time("made_at"),
        sa.CheckConstraint("free_nanousd + held_nanousd + posted_nanousd = 0", name="transfers_sum_to_zero"),
    )
    op.create_index("transfers_key", "transfers", ["key"], unique=True)
    op.create_index("transfers_of_attempt", "transfers", ["attempt_id"])


def _bounds() -> None:
    op.drop_constraint("accounts_within_limit", "accounts")
    op.create_check_constraint("accounts_within_limit", "accounts", "posted_nanousd + held_nanousd <= bound_nanousd")
    op.create_check_constraint(
        "accounts_bounded",
        "accounts",
        "(limit_nanousd IS NULL) = (bound_nanousd IS NULL) AND limit_nanousd <= bound_nanousd",
    )
