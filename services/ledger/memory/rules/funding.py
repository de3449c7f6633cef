"""Money for claims: tries that are begun have their worst case reserved, the others wait again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.contracts.attempts import Denied
from services.ledger.memory.rules.changes import Change, Note, Spend
from services.ledger.memory.rules.rows import Row


@dataclass(slots=True)
class Reserved:
    """What came of reserving, by attempt: amounts held in nano-USD, and for the others the limit that had no room."""

    held: dict[str, int] = field(default_factory=dict[str, int])
    refused: dict[str, str] = field(default_factory=dict[str, str])

    def spends(self) -> list[Spend]:
        return [Spend(attempt_id, held_nanousd=amount) for attempt_id, amount in self.held.items() if amount]


@dataclass(slots=True)
class Funding:
    """What reserving brings to the runs' counters and facts, and the claims denied for want of money."""

    changes: list[Change] = field(default_factory=list[Change])
    spends: list[Spend] = field(default_factory=list[Spend])
    notes: list[Note] = field(default_factory=list[Note])
    denied: list[Denied] = field(default_factory=list[Denied])


def funded(row: Row, reserved: Reserved, grants: Mapping[str, int]) -> Row:
    """The row with what is held for it, of which ``grant`` is this try's; ``grants`` are of claims made before."""
    amount = reserved.held.get(row["attempt_id"], 0)
    grant = amount or grants.get(row["attempt_id"], 0)
    return {**row, "held_nanousd": row["held_nanousd"] + amount, "grant": grant}


def turn(row: Row) -> tuple[str, int]:
    """The order in which attempts have money reserved."""
    return row["run_id"], row["ordinal"]
