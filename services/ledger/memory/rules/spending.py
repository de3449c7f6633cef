"""What tries spent: receipts, and what they are charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.contracts.models import Call, Usage
from services.ledger.memory.rules.changes import Note, Spend
from services.ledger.memory.rules.rows import Row
from services.ledger.memory.rules.settling import Settled


@dataclass(slots=True)
class Booked:
    """What booking brings to the runs' counters and facts."""

    spends: list[Spend] = field(default_factory=list[Spend])
    notes: list[Note] = field(default_factory=list[Note])


@dataclass(slots=True)
class Charge:
    """What is added to an attempt's costs and tokens, and is no longer held for it."""

    cost_nanousd: int = 0
    released_nanousd: int = 0
    usage: Usage = field(default_factory=Usage)

    def settle(self, settled: Settled) -> None:
        self.cost_nanousd += settled.posted_nanousd + settled.excess_nanousd
        self.released_nanousd += settled.released_nanousd

    def lose(self, hold: Row) -> None:
        """All that was held is taken for spent."""
        self.cost_nanousd += hold["amount_nanousd"]
        self.released_nanousd += hold["amount_nanousd"]


def spends_of(charges: Mapping[str, Charge]) -> list[Spend]:
    """Of the attempts that anything changed for."""
    return [
        Spend(attempt_id, charge.cost_nanousd, -charge.released_nanousd, charge.usage)
        for attempt_id, charge in charges.items()
        if charge != Charge()
    ]


def lost_receipt(hold: Row, model: str) -> Call:
    """The receipt for a hold whose try nobody will report on: all of it, and that it is an estimate."""
    return Call(
        call_id=f"{hold['attempt_id']}:{hold['token']}:lost",
        model=model,
        cost_nanousd=hold["amount_nanousd"],
        estimated=True,
    )
