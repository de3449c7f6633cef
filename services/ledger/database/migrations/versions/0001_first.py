"""Runs, attempts, money, facts and the leaderboard.

Revision: 0001, the first.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    *("cell_metrics", "cells", "holds", "calls", "accounts", "workers", "inbox"),
    *("pending_orders", "verdicts", "tries", "attempts", "pending_facts", "facts", "plans", "runs"),
)
STATES = ("n_waiting", "n_queued", "n_running", "n_executed", "n_grading", "n_done")
OUTCOMES = (
    "passed",
    "failed",
    "timeout",
    "limit",
    "refused",
    "agent_error",
    "infra_error",
    "cancelled",
    "needs_review",
)
TOKENS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")
CELL = ("project", "suite", "task_id", "task_digest", "model")

Columns = list[sa.Column[Any]]


def upgrade() -> None:
    _runs()
    _facts()
    _attempts()
    _work()
    _money()
    _leaderboard()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _strings(*names: str) -> Columns:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _texts(*names: str) -> Columns:
    return [sa.Column(name, sa.Text(), nullable=False, server_default="") for name in names]


def _numbers(*names: str) -> Columns:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _counts(*names: str, kind: type[sa.Integer] = sa.Integer) -> Columns:
    return [sa.Column(name, kind(), nullable=False, server_default="0") for name in names]


def _sums(*names: str) -> Columns:
    return [sa.Column(name, sa.Float(), nullable=False, server_default="0") for name in names]


def _times(*names: str, null: bool = False) -> Columns:
    default = None if null else sa.text("now()")
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=null, server_default=default) for name in names]


def _json(*names: str, null: bool = True) -> Columns:
    return [sa.Column(name, postgresql.JSONB(), nullable=null) for name in names]


def _amount(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _key(*names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names)


def _of_run() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"])


def _of_attempt() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["attempt_id"], ["attempts.attempt_id"])


def _index(name: str, table: str, *columns: str, where: str = "", unique: bool = False) -> None:
    op.create_index(name, table, list(columns), unique=unique, postgresql_where=sa.text(where) if where else None)


def _runs() -> None:
    op.create_table(
        "runs",
        *_strings("run_id", "project", "name", "suite", "status"),
        *_numbers("repeats"),
        *(sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False) for name in ("models", "task_ids")),
        *_strings("idempotency_key", "plan_digest"),
        *_times("created_at"),
        *_times("started_at", "finished_at", null=True),
        *_counts("sequence", "total", *STATES, *(f"n_{outcome}" for outcome in OUTCOMES)),
        *_counts("cost_nanousd", *TOKENS, kind=sa.BigInteger),
        sa.CheckConstraint(f"{' + '.join(STATES)} = total", name="runs_every_attempt_once"),
        _key("run_id"),
    )
    _index("runs_active", "runs", "run_id", where="status IN ('waiting', 'running')")
    _index("runs_key", "runs", "idempotency_key", where="idempotency_key <> ''", unique=True)
    op.create_table("plans", *_strings("run_id"), *_json("body", null=False), _of_run(), _key("run_id"))


def _facts() -> None:
    op.create_table(
        "facts", *_strings("run_id"), *_numbers("sequence"), *_strings("subject", "body"), _key("run_id", "sequence")
    )
    op.create_table(
        "pending_facts",
        sa.Column("position", sa.BigInteger(), sa.Identity(), nullable=False),
        *_strings("run_id"),
        *_numbers("sequence"),
        _key("position"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        *_strings("attempt_id", "run_id"),
        *_numbers("ordinal", "task_index", "model_index"),
        *_strings("task_id", "category", "sample_id", "model"),
        *_numbers("repeat"),
        *_strings("key", "state"),
        *_counts("token", "tries", "gradings"),
        *_texts("worker_id"),
        *_times("lease_until", null=True),
        sa.Column("outcome", sa.String()),
        sa.Column("score", sa.Float()),
        *_texts("reason"),
        *_counts("cost_nanousd", *TOKENS, kind=sa.BigInteger),
        *_sums("duration_seconds"),
        *_times("changed_at"),
        _of_run(),
        _key("attempt_id"),
    )
    _index("attempts_of_run", "attempts", "run_id", "ordinal", unique=True)
    _index("attempts_waiting", "attempts", "run_id", "ordinal", where="state = 'waiting'")
    _index("attempts_leased", "attempts", "lease_until", where="lease_until IS NOT NULL")
    op.create_table(
        "tries",
        *_strings("attempt_id"),
        *_numbers("token"),
        *_strings("worker_id"),
        *_times("started_at"),
        *_times("ended_at", null=True),
        *_texts("ended", "cause"),
        *_sums("duration_seconds"),
        *_json("output", "artifacts"),
        _of_attempt(),
        _key("attempt_id", "token"),
    )
    op.create_table(
        "verdicts",
        *_strings("attempt_id"),
        *_numbers("token"),
        *_strings("judge_id"),
        *_json("body", null=False),
        *_json("artifacts"),
        *_times("judged_at"),
        _of_attempt(),
        _key("attempt_id"),
    )


def _work() -> None:
    op.create_table(
        "pending_orders",
        *_strings("attempt_id", "stage"),
        *_numbers("token"),
        sa.Column("pool", sa.Text(), nullable=False, server_default="default"),
        *_counts("publishes"),
        *_times("published_at", null=True),
        _key("attempt_id"),
    )
    _index("pending_orders_unpublished", "pending_orders", "attempt_id", where="published_at IS NULL")
    op.create_table("inbox", *_strings("message_id"), *_times("received_at"), _key("message_id"))
    op.create_table(
        "workers", *_strings("worker_id", "stage", "pool"), *_numbers("slots"), *_times("seen_at"), _key("worker_id")
    )


def _money() -> None:
    op.create_table(
        "calls",
        *_strings("call_id", "attempt_id"),
        *_numbers("token"),
        _amount("cost_nanousd"),
        *_json("body", null=False),
        *_times("booked_at"),
        _of_attempt(),
        _key("call_id"),
    )
    _index("calls_of_attempt", "calls", "attempt_id")
    op.create_table(
        "accounts",
        *_strings("account"),
        sa.Column("limit_nanousd", sa.BigInteger()),
        *_counts("held_nanousd", "posted_nanousd", kind=sa.BigInteger),
        sa.CheckConstraint("held_nanousd >= 0 AND posted_nanousd >= 0", name="accounts_never_negative"),
        sa.CheckConstraint(
            "limit_nanousd IS NULL OR posted_nanousd + held_nanousd <= limit_nanousd", name="accounts_within_limit"
        ),
        _key("account"),
    )
    op.create_table(
        "holds",
        *_strings("attempt_id"),
        *_numbers("token"),
        _amount("amount_nanousd"),
        *_counts("posted_nanousd", kind=sa.BigInteger),
        sa.Column("state", sa.Text(), nullable=False, server_default="held"),
        *_times("held_at"),
        _of_attempt(),
        _key("attempt_id", "token"),
    )


def _leaderboard() -> None:
    op.create_table(
        "cells",
        *_strings(*CELL, "category"),
        sa.Column("weight", sa.Float(), nullable=False),
        *_counts("n", "passed", "errors"),
        *_sums("score_sum", "duration_sum_seconds"),
        *_counts("cost_nanousd", *TOKENS, kind=sa.BigInteger),
        *_strings("last_run_id"),
        *_times("updated_at"),
        _key(*CELL),
    )
    op.create_table("cell_metrics", *_strings(*CELL, "metric"), *_counts("n"), *_sums("total"), _key(*CELL, "metric"))
