"""Accounts: what moves in them, what they leave, and how they are named to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from assay.contracts.money import usd
from services.ledger.memory.rules.rows import Row


@dataclass(frozen=True, slots=True)
class Transfer:
    """A movement in each of ``accounts``: so much is held more (or less) and posted more; what is free changes by the
    rest. ``key`` makes it once."""

    key: str
    kind: str
    attempt_id: str
    token: int
    accounts: tuple[str, ...]
    held_nanousd: int = 0
    posted_nanousd: int = 0


class NoRoom(Exception):
    """A movement would pass a limit; whoever looked at the accounts did so without their lock."""


def summed(transfers: Iterable[Transfer]) -> dict[str, tuple[int, int]]:
    """What is held and posted more in each account, in the order of their names."""
    held, posted = Counter[str](), Counter[str]()
    for each in transfers:
        for account in each.accounts:
            held[account] += each.held_nanousd
            posted[account] += each.posted_nanousd
    return {account: (held[account], posted[account]) for account in sorted(held)}


def left(account: Row) -> int | None:
    """What may still be held; None without a limit. Below zero where the limit was lowered."""
    if account["limit_nanousd"] is None:
        return None
    return account["limit_nanousd"] - account["held_nanousd"] - account["posted_nanousd"]


def no_room(account: Row, free: int, amount: int) -> str:
    """Which limit stands in the way, with the numbers."""
    return (
        f"{usd(amount)} USD do not fit the limit of {_named(account['account'])}: "
        f"of {usd(account['limit_nanousd'])} USD {usd(account['posted_nanousd'])} are spent and "
        f"{usd(max(free, 0))} are left"
    )


def _named(account: str) -> str:
    kind, _, rest = account.partition(":")
    return {"run": "the run", "day": f"the day ({rest.rpartition(':')[2]})", "project": f"project {rest}"}.get(
        kind, kind
    )
