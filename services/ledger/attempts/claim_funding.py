"""Money for claims: each try that begins has its worst case reserved; attempts without room in a limit wait again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.ledger.attempts.lifecycle import Event, Transition
from services.ledger.attempts.transitions import recall
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row
from services.ledger.money.holds import reserve
from services.ledger.runs.plans import Plans
from services.ledger.runs.run_counters import Spend

_GRANTS = """
SELECT h.attempt_id, h.amount_nanousd FROM holds h JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token)
USING (attempt_id, token) WHERE h.state = 'held'
"""


class _Grant(Row):
    attempt_id: str
    amount_nanousd: int


@dataclass(slots=True)
class Funding:
    """``claimed`` attempts can be paid for, from grants in nano-USD by attempt; ``recalled`` ones cannot."""

    claimed: list[Transition]
    recalled: list[Transition] = field(default_factory=list[Transition])
    grants: dict[str, int] = field(default_factory=dict[str, int])
    spends: list[Spend] = field(default_factory=list[Spend])


async def fund_claims(connection: Connection, plans: Plans, claimed: Sequence[Transition]) -> Funding:
    funding = Funding(list(claimed))
    if not any(each.after.worst_nanousd for each in claimed):
        return funding
    again = [each.after for each in claimed if each.event is Event.CLAIMED_AGAIN]
    if again:
        ids, tokens = [attempt.attempt_id for attempt in again], [attempt.token for attempt in again]
        earlier = await connection.rows(_Grant, _GRANTS, ids, tokens)
        funding.grants = {grant.attempt_id: grant.amount_nanousd for grant in earlier}
    new = [each.after for each in claimed if each.event is Event.CLAIMED and each.after.worst_nanousd]
    projects = {attempt.run_id: (await plans.get(connection, attempt.run_id)).project for attempt in new}
    reservation = await reserve(connection, sorted(new, key=lambda a: (a.run_id, a.ordinal)), projects)
    funding.spends = reservation.spends()
    funding.grants |= reservation.held
    funding.recalled = await recall(connection, reservation.refused, just_claimed=True)
    funding.claimed = [each for each in claimed if each.after.attempt_id not in reservation.refused]
    for each in funding.claimed:
        each.after.held_nanousd += reservation.held.get(each.after.attempt_id, 0)
    return funding
