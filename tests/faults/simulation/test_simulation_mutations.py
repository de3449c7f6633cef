"""The simulation can fail: with any one guard off, some seed notices."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import pytest
from msgspec.structs import replace

from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.runs import RunRequest
from services.ledger.memory.inbox import R
from services.ledger.memory.outbox import MemoryOutbox
from services.ledger.memory.reports import MemoryReports
from services.ledger.memory.strays import MemoryStrays
from services.ledger.memory.sweeping import MemorySweeper
from services.ledger.memory.tables import Row, Table
from services.ledger.ports import Pending
from services.ledger.settings import LedgerSettings
from tests.faults.simulation.invariants import broken
from tests.faults.simulation.provider import Manners
from tests.faults.simulation.scenario import MODELS, PRICES, Deed, Scenario, scenario_of
from tests.faults.simulation.simulation import simulate
from tests.faults.simulation.store import Stores

SEEDS = 120


class EveryReportIsFresh(MemoryReports):
    def _fresh(self, reports: Sequence[R]) -> list[R]:
        return list(reports)


class NoInbox(Stores):
    """A report has its effect each time it comes."""

    def __init__(self, settings: LedgerSettings) -> None:
        super().__init__(settings)
        self.reports = EveryReportIsFresh(self.memory, settings)


class EveryTokenIsCurrent(MemoryReports):
    def _executed(self, report: AttemptExecuted) -> Row | None:
        return super()._executed(replace(report, token=self._store.attempts[report.attempt_id]["token"]))

    def _judged(self, report: AttemptJudged) -> Row | None:
        return super()._judged(replace(report, token=self._store.attempts[report.attempt_id]["token"]))


class NoFence(Stores):
    """A report counts whatever token it was leased under."""

    def __init__(self, settings: LedgerSettings) -> None:
        super().__init__(settings)
        self.reports = EveryTokenIsCurrent(self.memory, settings)


class Limitless(Table):
    def insert(self, key: Hashable, row: Row) -> Row:
        return super().insert(key, {**row, "limit_nanousd": None, "bound_nanousd": None})


class NoHoldCheck(Stores):
    """Money is held whether there is room for it or not."""

    def __init__(self, settings: LedgerSettings) -> None:
        super().__init__(settings)
        self.memory.accounts = Limitless(self.memory._undo)


class Forgiving(MemorySweeper):
    def _settle_orphans(self) -> None:
        """The holds of lost tries stay as they are."""


class NoSettling(Stores):
    def __init__(self, settings: LedgerSettings) -> None:
        super().__init__(settings)
        self.sweeper = Forgiving(self.memory, settings)


class Trusting(MemoryOutbox):
    async def orders_published(self, published: Sequence[Pending]) -> None:
        """Published is as good as claimed: the rows go."""

        def work() -> None:
            for pending in published:
                self._store.orders.delete(pending.key[0])

        self._store.transact(work, quiet=True)


class Blind(MemoryStrays):
    async def order_again(self) -> int:
        return 0


class NoSecondOrder(Stores):
    def __init__(self, settings: LedgerSettings) -> None:
        super().__init__(settings)
        self.outbox, self.strays = Trusting(self.memory), Blind(self.memory)


def frozen(seed: int) -> Scenario:
    """A runner is stopped for three leases while others go on."""
    request = RunRequest(models=MODELS, tasks=("echo",), samples=2, prices=dict.fromkeys(MODELS, PRICES[0]))
    freeze = Deed(at=0.6, what="freeze", arguments=("runner-0", 9.5))
    slow = Manners(slow_seconds=3.0)
    return Scenario(seed=seed, requests=((0.0, request),), deeds=(freeze,), manners=slow, heal_at=12.0)


@pytest.mark.parametrize(
    ("mutant", "scenario"),
    [
        (NoInbox, scenario_of),
        (NoFence, frozen),
        (NoHoldCheck, scenario_of),
        (NoSettling, scenario_of),
        (NoSecondOrder, scenario_of),
    ],
)
def test_a_guard_that_is_off_is_noticed(mutant: type[Stores], scenario: Callable[[int], Scenario]) -> None:
    noticed = next((seed for seed in range(SEEDS) if broken(simulate(scenario(seed), stores=mutant))), None)
    assert noticed is not None


def test_with_every_guard_on_the_same_seeds_end_well() -> None:
    assert [seed for seed in range(5) if broken(simulate(frozen(seed)))] == []
