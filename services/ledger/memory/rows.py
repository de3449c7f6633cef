"""New rows, every column at its default."""

from __future__ import annotations

from datetime import datetime

from assay.contracts.attempts import State
from assay.contracts.verdicts import Outcome
from services.ledger.memory.rules.rows import TOKENS
from services.ledger.memory.tables import Row

_RUN_COUNTERS = (
    *(f"n_{state.value}" for state in State),
    *(f"n_{outcome.value}" for outcome in Outcome),
    *("n_reused", "cost_nanousd", "held_nanousd", "sequence"),
    *TOKENS,
)
_ATTEMPT_COUNTERS = ("token", "tries", "gradings", "worst_nanousd", "cost_nanousd", "held_nanousd", *TOKENS)


def new_run(at: datetime, **columns: object) -> Row:
    return {
        **dict.fromkeys(_RUN_COUNTERS, 0),
        "status": "waiting",
        "created_at": at,
        "started_at": None,
        "finished_at": None,
        "deadline_at": None,
        "cancel_at": None,
        "progressed_at": at,
        "stalled_at": None,
        "waits": None,
        "reason": "",
        "restarts": "",
        "include_tests": False,
        "expired_at": None,
        **columns,
    }


def new_attempt(at: datetime, **columns: object) -> Row:
    return {
        **dict.fromkeys(_ATTEMPT_COUNTERS, 0),
        "state": "waiting",
        "worker_id": "",
        "lease_until": None,
        "outcome": None,
        "score": None,
        "reason": "",
        "reused_from": "",
        "duration_seconds": 0.0,
        "changed_at": at,
        **columns,
    }


def new_try(at: datetime, **columns: object) -> Row:
    return {
        "started_at": at,
        "ended_at": None,
        "ended": "",
        "cause": "",
        "duration_seconds": 0.0,
        "output": None,
        "artifacts": {},
        **columns,
    }


def new_account(account: str, limit_nanousd: int | None) -> Row:
    return {
        "account": account,
        "limit_nanousd": limit_nanousd,
        "bound_nanousd": limit_nanousd,
        "held_nanousd": 0,
        "posted_nanousd": 0,
        "warned_percent": 0,
    }
