"""Lease expiry: attempts of silent workers go to other workers, or end when no tries are left."""

from __future__ import annotations

from assay.contracts.attempts import Stage, State, TryEnd
from services.ledger.attempts.transitions import expire_leases
from services.ledger.database.connection import Connection
from services.ledger.leaderboard.leaderboard_write import add_results
from services.ledger.outbox.orders import add_orders
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans

_LOSE_TRIES = """
UPDATE tries t SET ended_at = now(), ended = $4, cause = u.cause
FROM unnest($1::text[], $2::int[], $3::text[]) AS u(attempt_id, token, cause)
WHERE t.attempt_id = u.attempt_id AND t.token = u.token AND t.ended = ''
"""

_RENEW = """
UPDATE attempts SET lease_until = statement_timestamp() + make_interval(secs => $1)
WHERE lease_until < statement_timestamp() + make_interval(secs => $1)
"""


async def renew_leases(connection: Connection, lease_seconds: float) -> int:
    """Start every lease anew; returns how many."""
    return await connection.execute(_RENEW, lease_seconds)


async def end_expired_leases(connection: Connection, plans: Plans, max_tries: int) -> int:
    """Returns how many leases expired."""
    transitions = await expire_leases(connection, max_tries)
    if not transitions:
        return 0
    lost = [(each.after.attempt_id, each.before_token, each.after.reason) for each in transitions]
    await connection.execute_columns(_LOSE_TRIES, lost, TryEnd.LOST)
    attempts = [each.after for each in transitions]
    await add_orders(connection, Stage.RUN, [each for each in attempts if each.state is State.QUEUED])
    await add_orders(connection, Stage.JUDGE, [each for each in attempts if each.state is State.GRADING])
    await add_results(connection, plans, [(each, {}) for each in attempts if each.state is State.DONE])
    await record(connection, transitions)
    return len(transitions)
