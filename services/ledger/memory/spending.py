"""Booking model calls: once each, whatever becomes of the try that made them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.ids import run_of
from assay.contracts.models import Call, Usage
from services.ledger.memory.accounts import open_accounts, transfer
from services.ledger.memory.rules.accounts import Transfer
from services.ledger.memory.rules.changes import Spend
from services.ledger.memory.rules.rows import TOKENS
from services.ledger.memory.rules.settling import Bill
from services.ledger.memory.rules.spending import Booked, Charge, lost_receipt, spends_of
from services.ledger.memory.rules.warnings import excess_note
from services.ledger.memory.settling import settle, settle_lost
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.memory.warnings import warnings


def book_calls(store: MemoryStore, reports: Sequence[AttemptExecuted]) -> Booked:
    """Store the calls not yet booked, settle the holds of the tries that made them, and charge the attempts."""
    charges: defaultdict[str, Charge] = defaultdict(Charge)
    bills: list[Bill] = []
    for report in reports:
        fresh = [call for call in report.calls if _store(store, report.attempt_id, report.token, "model", call)]
        charges[report.attempt_id].usage += sum((call.usage for call in fresh), Usage())
        costs = [(call.call_id, call.cost_nanousd) for call in fresh]
        bills.append(Bill(report.attempt_id, report.token, _project(store, report.attempt_id), costs))
    settled, accounts = settle(store, bills)
    for each in settled:
        charges[each.attempt_id].settle(each)
    notes = warnings(store, accounts, {bill.project: run_of(bill.attempt_id) for bill in bills})
    notes += [excess_note(each.attempt_id, each.excess_nanousd) for each in settled if each.excess_nanousd]
    return Booked(_charge(store, charges), notes)


def book_lost(store: MemoryStore, holds: Sequence[Row]) -> Booked:
    """Nobody will tell what these tries spent: all that was held is posted, each with a receipt that says so."""
    charges: defaultdict[str, Charge] = defaultdict(Charge)
    run_ids: dict[str, str] = {}
    for hold in holds:
        attempt_id, amount = hold["attempt_id"], hold["amount_nanousd"]
        call = lost_receipt(hold, store.attempts[attempt_id]["model"])
        _store(store, attempt_id, hold["token"], "model", call, amount)
        charges[attempt_id].lose(hold)
        run_ids[_project(store, attempt_id)] = run_of(attempt_id)
    notes = warnings(store, settle_lost(store, holds), run_ids)
    return Booked(_charge(store, charges), notes)


def book_judging(store: MemoryStore, reports: Sequence[AttemptJudged]) -> None:
    """What model judges asked, on an account of its own."""
    for report in reports:
        for call in report.calls:
            cost = call.cost_nanousd
            if _store(store, report.attempt_id, report.token, "judge", call, cost) and cost:
                account = f"judge:{_project(store, report.attempt_id)}"
                open_accounts(store, {account: None})
                whose = report.attempt_id, report.token
                transfer(store, [Transfer(call.call_id, "judge", *whose, (account,), posted_nanousd=cost)])


def _store(store: MemoryStore, attempt_id: str, token: int, purpose: str, call: Call, posted: int = 0) -> bool:
    """Whether the receipt was not there yet."""
    if call.call_id in store.calls:
        return False
    identity = {"call_id": call.call_id, "attempt_id": attempt_id, "token": token, "purpose": purpose}
    amounts = {"cost_nanousd": call.cost_nanousd, "posted_nanousd": posted, "excess_nanousd": 0}
    store.calls.insert(call.call_id, {**identity, **amounts, "body": call, "booked_at": store.at})
    return True


def _project(store: MemoryStore, attempt_id: str) -> str:
    return store.runs[run_of(attempt_id)]["project"]


def _charge(store: MemoryStore, charges: dict[str, Charge]) -> list[Spend]:
    spends = spends_of(charges)
    for each in spends:
        row = store.attempts[each.attempt_id]
        used = {name: row[name] + getattr(each.usage, name) for name in TOKENS}
        cost, held = row["cost_nanousd"] + each.cost_nanousd, row["held_nanousd"] + each.held_nanousd
        store.attempts.change(each.attempt_id, cost_nanousd=cost, held_nanousd=held, **used)
    return spends
