"""Booking model calls: once each, whatever becomes of the try that made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.ids import run_of
from assay.contracts.models import Call, Usage
from services.ledger.database.database import Connection
from services.ledger.memory.rules.accounts import Transfer
from services.ledger.memory.rules.changes import Spend
from services.ledger.memory.rules.rows import Row, to_jsonb
from services.ledger.memory.rules.settling import Bill
from services.ledger.memory.rules.spending import Booked, Charge, lost_receipt, spends_of
from services.ledger.memory.rules.warnings import excess_note
from services.ledger.money.budget_warnings import warnings
from services.ledger.money.settlement import settle, settle_lost
from services.ledger.money.transfers import lock, open_accounts, transfer
from services.ledger.runs.plans import Plans

_BOOK = """
INSERT INTO calls (call_id, attempt_id, token, purpose, cost_nanousd, posted_nanousd, body)
SELECT call_id, attempt_id, token, purpose, cost, posted, body::jsonb
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])
  AS c(call_id, attempt_id, token, purpose, cost, posted, body)
ON CONFLICT (call_id) DO NOTHING RETURNING call_id
"""

_CHARGE = """
UPDATE attempts a SET cost_nanousd = a.cost_nanousd + u.cost, held_nanousd = a.held_nanousd - u.released,
  input_tokens = a.input_tokens + u.input, cached_tokens = a.cached_tokens + u.cached,
  output_tokens = a.output_tokens + u.output, reasoning_tokens = a.reasoning_tokens + u.reasoning
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
  AS u(attempt_id, cost, released, input, cached, output, reasoning)
WHERE a.attempt_id = u.attempt_id
"""


async def book_calls(
    connection: Connection, plans: Plans, reports: Sequence[AttemptExecuted], attempts: Sequence[Row]
) -> Booked:
    """Store the calls not yet booked, settle the holds of the tries that made them, and charge the attempts.
    ``attempts`` are the reports' rows, locked."""
    fresh = await _store(connection, [(r.attempt_id, r.token, "model", call, 0) for r in reports for call in r.calls])
    charges = {report.attempt_id: Charge() for report in reports}
    for report in reports:
        for call in report.calls:
            if call.call_id in fresh:
                charges[report.attempt_id].usage += call.usage
    booked = Booked()
    if any(row["worst_nanousd"] or row["held_nanousd"] for row in attempts) or _cost(reports):
        bills = [await _bill(connection, plans, report, fresh) for report in reports]
        settled, accounts = await settle(connection, bills)
        for each in settled:
            charges[each.attempt_id].settle(each)
        run_ids = {bill.project: run_of(bill.attempt_id) for bill in bills}
        booked.notes += await warnings(connection, accounts, run_ids)
        booked.notes += [excess_note(each.attempt_id, each.excess_nanousd) for each in settled if each.excess_nanousd]
    booked.spends += await _charge(connection, charges)
    return booked


async def book_lost(connection: Connection, plans: Plans, holds: Sequence[Row]) -> Booked:
    """Nobody will tell what these tries spent: all that was held is posted, each with a receipt that says so."""
    if not holds:
        return Booked()
    receipts: list[_Receipt] = []
    for hold in holds:
        call = lost_receipt(hold, hold["model"])
        receipts.append((hold["attempt_id"], hold["token"], "model", call, hold["amount_nanousd"]))
    await _store(connection, receipts)
    accounts = await settle_lost(connection, holds)
    charges: dict[str, Charge] = {}
    run_ids: dict[str, str] = {}
    for hold in holds:
        charges.setdefault(hold["attempt_id"], Charge()).lose(hold)
        run_id = run_of(hold["attempt_id"])
        run_ids[(await plans.of(connection, run_id)).project] = run_id
    notes = await warnings(connection, accounts, run_ids)
    return Booked(await _charge(connection, charges), notes)


async def book_judging(connection: Connection, plans: Plans, reports: Sequence[AttemptJudged]) -> None:
    """What model judges asked, on an account of its own."""
    calls = [(r.attempt_id, r.token, "judge", call, call.cost_nanousd) for r in reports for call in r.calls]
    if not calls:
        return
    fresh = await _store(connection, calls)
    transfers: list[Transfer] = []
    for attempt_id, token, _, call, cost in calls:
        if call.call_id in fresh and cost:
            account = f"judge:{(await plans.of(connection, run_of(attempt_id))).project}"
            transfers.append(Transfer(call.call_id, "judge", attempt_id, token, (account,), posted_nanousd=cost))
    names = {name for each in transfers for name in each.accounts}
    await open_accounts(connection, dict.fromkeys(sorted(names)))
    await lock(connection, names)
    await transfer(connection, transfers)


_Receipt = tuple[str, int, str, Call, int]


async def _store(connection: Connection, receipts: Sequence[_Receipt]) -> set[str]:
    """Receipts ``(attempt, token, purpose, call, posted)``; returns the ids of those that were not there yet."""
    if not receipts:
        return set()
    rows: list[tuple[Any, ...]] = [
        (call.call_id, attempt_id, token, purpose, call.cost_nanousd, posted, to_jsonb(call))
        for attempt_id, token, purpose, call, posted in receipts
    ]
    found = await connection.fetch(_BOOK, *(list(column) for column in zip(*rows, strict=True)))
    return {row["call_id"] for row in found}


def _cost(reports: Sequence[AttemptExecuted]) -> int:
    return sum(call.cost_nanousd for report in reports for call in report.calls)


async def _bill(connection: Connection, plans: Plans, report: AttemptExecuted, fresh: set[str]) -> Bill:
    plan = await plans.of(connection, run_of(report.attempt_id))
    costs = [(call.call_id, call.cost_nanousd) for call in report.calls if call.call_id in fresh]
    return Bill(report.attempt_id, report.token, plan.project, costs)


async def _charge(connection: Connection, charges: dict[str, Charge]) -> list[Spend]:
    spends = spends_of(charges)
    if spends:
        rows = [(each.attempt_id, each.cost_nanousd, -each.held_nanousd, *_tokens(each.usage)) for each in spends]
        await connection.execute(_CHARGE, *(list(column) for column in zip(*rows, strict=True)))
    return spends


def _tokens(usage: Usage) -> tuple[int, int, int, int]:
    return usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.reasoning_tokens
