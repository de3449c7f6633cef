"""Booking model calls: once each, whatever becomes of the try that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.contracts.attempts import AttemptExecuted
from assay.contracts.ids import run_of
from assay.contracts.models import Call, Usage
from services.ledger.database.connection import Connection, as_columns
from services.ledger.database.rows import to_json
from services.ledger.money.budget_warnings import excess_warnings, spending_warnings
from services.ledger.money.holds import HoldRow
from services.ledger.money.settlement import Bill, Settlement, settle, settle_lost
from services.ledger.runs.plans import Plans
from services.ledger.runs.run_counters import RunFact, Spend

_INSERT = """
INSERT INTO calls (call_id, attempt_id, token, purpose, cost_nanousd, posted_nanousd, body)
SELECT call_id, attempt_id, token, purpose, cost, posted, body::jsonb
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])
  AS c(call_id, attempt_id, token, purpose, cost, posted, body)
ON CONFLICT (call_id) DO NOTHING RETURNING call_id
"""

_CHARGE = """
UPDATE attempts a SET cost_nanousd = a.cost_nanousd + u.cost, held_nanousd = a.held_nanousd + u.held,
  input_tokens = a.input_tokens + u.input, cached_tokens = a.cached_tokens + u.cached,
  cache_write_tokens = a.cache_write_tokens + u.written, output_tokens = a.output_tokens + u.output,
  reasoning_tokens = a.reasoning_tokens + u.reasoning
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
  $8::bigint[])
  AS u(attempt_id, cost, held, input, cached, written, output, reasoning)
WHERE a.attempt_id = u.attempt_id
"""


class OrphanedHold(HoldRow):
    """The hold of a try that no report will come for, with its attempt's model."""

    model: str


@dataclass(slots=True)
class Booked:
    """What booking adds to the runs' counters and facts."""

    spends: list[Spend] = field(default_factory=list[Spend])
    run_facts: list[RunFact] = field(default_factory=list[RunFact])


@dataclass(slots=True)
class Charge:
    """What is added to an attempt's costs and tokens, and released of its hold."""

    cost_nanousd: int = 0
    released_nanousd: int = 0
    usage: Usage = field(default_factory=Usage)

    def add_settlement(self, settlement: Settlement) -> None:
        self.cost_nanousd += settlement.posted_nanousd + settlement.excess_nanousd
        self.released_nanousd += settlement.released_nanousd

    def add_lost(self, hold: HoldRow) -> None:
        """All of the hold counts as spent."""
        self.cost_nanousd += hold.amount_nanousd
        self.released_nanousd += hold.amount_nanousd


@dataclass(frozen=True, slots=True)
class Receipt:
    attempt_id: str
    token: int
    purpose: str
    call: Call
    posted_nanousd: int = 0


async def book_calls(
    connection: Connection, plans: Plans, reports: Sequence[AttemptExecuted], *, priced: bool
) -> Booked:
    """Store the new calls, settle the holds of the tries that made them, and charge the attempts, which must be locked.
    ``priced``: an attempt can cost something or has money held."""
    receipts = [Receipt(r.attempt_id, r.token, "model", call) for r in reports for call in r.calls]
    fresh = await store_receipts(connection, receipts)
    charges = {report.attempt_id: Charge() for report in reports}
    for receipt in receipts:
        if receipt.call.call_id in fresh:
            charges[receipt.attempt_id].usage += receipt.call.usage
    booked = Booked()
    if priced or any(receipt.call.cost_nanousd for receipt in receipts):
        bills = [await _bill(connection, plans, report, fresh) for report in reports]
        settlements, accounts = await settle(connection, bills)
        for each in settlements:
            charges[each.attempt_id].add_settlement(each)
        run_ids = {bill.project: run_of(bill.attempt_id) for bill in bills}
        booked.run_facts += await spending_warnings(connection, accounts, run_ids)
        excesses = {each.attempt_id: each.excess_nanousd for each in settlements}
        booked.run_facts += await excess_warnings(connection, excesses)
    booked.spends += await _charge(connection, charges)
    return booked


async def book_lost(connection: Connection, plans: Plans, holds: Sequence[OrphanedHold]) -> Booked:
    """Post all of each hold, with a receipt that is marked as an estimate, because no report will come."""
    if not holds:
        return Booked()
    await store_receipts(connection, [lost_receipt(hold) for hold in holds])
    accounts = await settle_lost(connection, holds)
    charges: dict[str, Charge] = {}
    run_ids: dict[str, str] = {}
    for hold in holds:
        charges.setdefault(hold.attempt_id, Charge()).add_lost(hold)
        run_id = run_of(hold.attempt_id)
        run_ids[(await plans.get(connection, run_id)).project] = run_id
    warnings = await spending_warnings(connection, accounts, run_ids)
    return Booked(await _charge(connection, charges), warnings)


def lost_receipt(hold: OrphanedHold) -> Receipt:
    call = Call(
        call_id=f"{hold.attempt_id}:{hold.token}:lost",
        model=hold.model,
        cost_nanousd=hold.amount_nanousd,
        estimated=True,
    )
    return Receipt(hold.attempt_id, hold.token, "model", call, hold.amount_nanousd)


def spends_of(charges: Mapping[str, Charge]) -> list[Spend]:
    """Of the attempts for which anything changed."""
    return [
        Spend(attempt_id, charge.cost_nanousd, -charge.released_nanousd, charge.usage)
        for attempt_id, charge in charges.items()
        if charge != Charge()
    ]


async def store_receipts(connection: Connection, receipts: Sequence[Receipt]) -> set[str]:
    """Returns the ids of the calls that were not stored before."""
    if not receipts:
        return set()
    rows = [
        (r.call.call_id, r.attempt_id, r.token, r.purpose, r.call.cost_nanousd, r.posted_nanousd, to_json(r.call))
        for r in receipts
    ]
    return set(await connection.values(str, _INSERT, *as_columns(rows)))


async def _bill(connection: Connection, plans: Plans, report: AttemptExecuted, fresh: set[str]) -> Bill:
    plan = await plans.get(connection, run_of(report.attempt_id))
    costs = [(call.call_id, call.cost_nanousd) for call in report.calls if call.call_id in fresh]
    return Bill(report.attempt_id, report.token, plan.project, costs)


async def _charge(connection: Connection, charges: Mapping[str, Charge]) -> list[Spend]:
    spends = spends_of(charges)
    rows = [(each.attempt_id, each.cost_nanousd, each.held_nanousd, *each.tokens) for each in spends]
    await connection.execute_columns(_CHARGE, rows)
    return spends
