"""Orders go to workers that offer the sandboxes that the attempts require.

Revision: 0013, after 0012. Attempts of unfinished runs are classified by their runs' plans, as ``requirement_of`` in
``assay/contracts/sandboxes.py`` does. A ledger of the release before does not fill the columns: its orders go to any
worker, as they did.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_CLASSIFY = """
UPDATE attempts a SET requirement = CASE
  WHEN p.body->>'sandbox' NOT IN ('', 'auto') THEN p.body->>'sandbox'
  WHEN t.kinds ? 'bubblewrap' THEN 'any'
  WHEN jsonb_array_length(t.kinds) = 1 THEN t.kinds->>0
  ELSE 'container' END
FROM runs r JOIN plans p USING (run_id)
  CROSS JOIN LATERAL (
    SELECT place - 1 AS task_index, task->'sandboxes' AS kinds
    FROM jsonb_array_elements(p.body->'tasks') WITH ORDINALITY AS e(task, place)
  ) t
WHERE a.run_id = r.run_id AND a.task_index = t.task_index AND r.finished_at IS NULL AND a.state <> 'done'
  AND jsonb_array_length(coalesce(t.kinds, '[]')) > 0
"""

_CLASSIFY_ORDERS = """
UPDATE pending_orders o SET requirement = a.requirement, published_at = NULL
FROM attempts a WHERE a.attempt_id = o.attempt_id AND a.requirement <> 'none'
"""


def upgrade() -> None:
    for table in ("attempts", "pending_orders"):
        op.add_column(table, sa.Column("requirement", sa.Text(), nullable=False, server_default="none"))
    op.execute(_CLASSIFY)
    op.execute(_CLASSIFY_ORDERS)
    _index("requirement")


def downgrade() -> None:
    _index()
    for table in ("attempts", "pending_orders"):
        op.drop_column(table, "requirement")


def _index(*requirement: str) -> None:
    op.drop_index("attempts_waiting", "attempts")
    waiting = ["run_id", "model_index", *requirement, "ordinal"]
    op.create_index("attempts_waiting", "attempts", waiting, postgresql_where="state = 'waiting'")
    op.drop_index("pending_orders_of_stage", "pending_orders")
    op.create_index("pending_orders_of_stage", "pending_orders", ["stage", *requirement, "ordinal"])
