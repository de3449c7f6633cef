"""Accounts: sums of money held and posted, each with an optional limit."""

from __future__ import annotations

from datetime import date

import msgspec

from assay.contracts.money import usd
from assay.contracts.spending import AccountKind, AccountView
from services.ledger.database.rows import Row


class Account(msgspec.Struct, frozen=True):
    """An account's name. ``owner`` is the run's id for a run's account, and the project for all others; ``day`` is set
    for a day's account, as an ISO date. Stored as ``run:<id>``, ``day:<project>:<date>``, ``project:<name>``."""

    kind: AccountKind
    owner: str
    day: str = ""

    @classmethod
    def from_column(cls, text: str) -> Account:
        kind, _, owner = text.partition(":")
        if kind != AccountKind.DAY:
            return cls(AccountKind(kind), owner)
        project, _, day = owner.rpartition(":")
        return cls(AccountKind.DAY, project, day)

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.owner}:{self.day}" if self.day else f"{self.kind.value}:{self.owner}"

    @property
    def limit_title(self) -> str:
        """Its limit in sentences."""
        if self.kind is AccountKind.RUN:
            return "the run's limit"
        if self.kind is AccountKind.DAY:
            return f"the day's limit ({self.day})"
        if self.kind is AccountKind.JUDGE:
            return "the judges' limit"
        return f"the limit of {self.kind.value} {self.owner}"


class AccountRow(Row):
    account: Account
    limit_nanousd: int | None
    held_nanousd: int
    posted_nanousd: int

    @property
    def left_nanousd(self) -> int | None:
        """What can still be held; None without a limit, negative where the limit was lowered."""
        return None if self.limit_nanousd is None else self.limit_nanousd - self.held_nanousd - self.posted_nanousd

    def lacks(self, amount_nanousd: int) -> bool:
        """Whether the limit has no room for the amount."""
        left = self.left_nanousd
        return left is not None and left < amount_nanousd

    def refusal(self, amount_nanousd: int) -> str:
        """Why the amount does not fit, with the numbers."""
        left = max(self.left_nanousd or 0, 0)
        return (
            f"${usd(amount_nanousd)} exceeds {self.account.limit_title}: ${usd(self.posted_nanousd)} of "
            f"${usd(self.limit_nanousd or 0)} spent, ${usd(left)} left"
        )

    def view(self) -> AccountView:
        left = self.left_nanousd
        return AccountView(
            account=str(self.account),
            kind=self.account.kind,
            limit_usd=None if self.limit_nanousd is None else usd(self.limit_nanousd),
            spent_usd=usd(self.posted_nanousd),
            held_usd=usd(self.held_nanousd),
            left_usd=None if left is None else usd(max(0, left)),
        )


def run_account(run_id: str) -> Account:
    return Account(AccountKind.RUN, run_id)


def project_account(project: str) -> Account:
    return Account(AccountKind.PROJECT, project)


def day_account(project: str, day: date) -> Account:
    return Account(AccountKind.DAY, project, day.isoformat())
