"""Saying in time that money runs out: a fact at 80 % of a limit, at the limit, and when money went beyond a hold."""

from __future__ import annotations

from collections.abc import Mapping

from assay.contracts.facts import Fact, RunWarned
from assay.contracts.ids import run_of
from assay.contracts.money import usd
from assay.contracts.runs import RunView
from services.ledger.memory.rules.changes import Note
from services.ledger.memory.rules.rows import Row

EARLY_PERCENT = 80


def percent_reached(account: Row) -> int:
    """The share of its limit that is to be told of; 0 below all of them."""
    limit, posted = account["limit_nanousd"], account["posted_nanousd"]
    if limit is None:
        return 0
    return 100 if posted >= limit else EARLY_PERCENT if posted * 100 >= limit * EARLY_PERCENT else 0


def warning(account: Row, percent: int, run_ids: Mapping[str, str]) -> Note:
    """That the account has reached this share of its limit, told by a run of its project (``run_ids``)."""
    kind, _, rest = account["account"].partition(":")
    run_id = rest if kind == "run" else run_ids[rest.rpartition(":")[0] if kind == "day" else rest]
    limit, spent, held = (usd(account[name]) for name in ("limit_nanousd", "posted_nanousd", "held_nanousd"))
    whose = {"run": "the run", "day": "the day", "project": "the project"}[kind]

    def fact(run: RunView) -> Fact:
        return RunWarned(
            run=run,
            account=kind,
            percent=percent,
            spent_usd=spent,
            held_usd=held,
            limit_usd=limit,
            message=f"{spent} of {limit} USD, the limit of {whose}, are spent",
        )

    return Note(run_id, fact)


def excess_note(attempt_id: str, excess_nanousd: int) -> Note:
    """The provider charged more than its request could cost by what was asked of it."""
    run_id = run_of(attempt_id)

    def fact(run: RunView) -> Fact:
        return RunWarned(
            run=run,
            account="excess",
            percent=100,
            spent_usd=usd(excess_nanousd),
            held_usd="0",
            message=f"attempt {attempt_id} was charged {usd(excess_nanousd)} USD beyond what was held for it; "
            "the provider counted more tokens than it was allowed, so check its price and limits",
        )

    return Note(run_id, fact)
