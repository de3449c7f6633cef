"""Columns as statements list them."""

from __future__ import annotations

ATTEMPT_COLUMNS = (
    "attempt_id, run_id, ordinal, task_index, model_index, task_id, category, sample_id, model, repeat, key, state, "
    "token, tries, gradings, worker_id, lease_until, outcome, score, reason, worst_nanousd, held_nanousd, reused_from, "
    "cost_nanousd, input_tokens, "
    "cached_tokens, output_tokens, reasoning_tokens, duration_seconds, changed_at"
)


def returning(columns: str = ATTEMPT_COLUMNS) -> str:
    """A RETURNING list of the new row, and ``was``: the state before."""
    return "old.state AS was, " + ", ".join(f"new.{column.strip()}" for column in columns.split(","))
