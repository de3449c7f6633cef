"""Fair shares: which waiting attempts are released next. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from assay.contracts.runs import WaitReason
from assay.contracts.sandboxes import SandboxRequirement
from services.ledger.scheduling.capacity import URGENT_FACTOR, Capacity, Counts, Room, room, saturated

EXTRA_CANDIDATES = 32

K = TypeVar("K")
"""What names an account."""


@dataclass(frozen=True, slots=True)
class RunLoad:
    """A run with waiting attempts of some requirements; ``under_way`` has its attempts that are queued or running."""

    priority: int
    waiting: Collection[SandboxRequirement]
    under_way: Counts


def head_starts(
    capacity: Capacity, under_way: Counts, priorities: int, runs: Mapping[str, RunLoad]
) -> dict[str, dict[SandboxRequirement, int]]:
    """While no slot is free: how many attempts of each waiting run go before everything queued, so that a late run gets
    its share of the slots from the next free one on. At most as many as there are slots, over all runs.
    ``priorities`` is the sum over all runs with work."""
    busy, left = saturated(capacity, under_way), room(capacity, under_way, URGENT_FACTOR)
    starts: dict[str, dict[SandboxRequirement, int]] = {}
    for run_id, load in runs.items():
        missing = missing_share(capacity.total, load.priority, priorities, sum(load.under_way.values()))
        for requirement in [each for each in busy if each in load.waiting and missing > 0]:
            slots, own = capacity.slots[requirement], load.under_way.get(requirement, 0)
            of_slots = missing_share(slots, load.priority, priorities, own)
            start = min(missing, of_slots, left.of(requirement))
            if start > 0:
                starts.setdefault(run_id, {})[requirement] = start
                left.take(requirement, start)
                missing -= start
    return starts


def missing_share(slots: int, priority: int, priorities: int, under_way: int) -> int:
    """How many attempts a run has less than its share of the slots."""
    return max(0, slots * priority // priorities - under_way)


def window(places: int) -> int:
    """How many waiting attempts to read per model and requirement of a run: all that could be released, and some more
    because a few might not be affordable."""
    return places + EXTRA_CANDIDATES


@dataclass(frozen=True, slots=True)
class Candidate:
    """A waiting attempt; a claim will reserve ``worst_nanousd`` for it."""

    attempt_id: str
    provider: str
    worst_nanousd: int = 0
    model: str = ""
    requirement: SandboxRequirement = SandboxRequirement.NONE


@dataclass(slots=True)
class Budget:
    """A limited account: ``left`` can be reserved now; ``potential`` could be, if nothing that is held were spent."""

    left: int
    potential: int


@dataclass(slots=True)
class RunQueue(Generic[K]):
    """A run's waiting attempts, in order. ``head_start`` of each requirement need no room; ``concurrency_left`` is what
    the run's own cap allows. ``budgets`` names the limited accounts that the run spends from, ``final`` those of them
    that will never have more."""

    run_id: str
    priority: int
    candidates: Sequence[Candidate]
    under_way: int = 0
    head_start: Counts = field(default_factory=dict[SandboxRequirement, int])
    concurrency_left: int | None = None
    budgets: tuple[K, ...] = ()
    final: frozenset[K] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """The provider has ``model`` loaded, or loads it next. ``ended``: no more of its attempts are released, and when
    those under way are executed, another model's turn begins."""

    model: str
    ended: bool = False

    def admits(self, model: str) -> bool:
        return model == self.model and not self.ended


@dataclass(slots=True)
class Shares:
    """``released`` are queued now, the ``urgent`` ones before everything queued earlier. ``unaffordable`` can never be.
    ``blocked`` says for each run why its first remaining attempt waits, unless it only waits for workers."""

    released: list[str] = field(default_factory=list[str])
    urgent: set[str] = field(default_factory=set[str])
    unaffordable: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    blocked: dict[str, WaitReason] = field(default_factory=dict[str, WaitReason])


def share(
    queues: Sequence[RunQueue[K]],
    room: Room,
    budgets: Mapping[K, Budget],
    providers: Mapping[str, int],
    overall: int | None = None,
    models: Mapping[str, int] | None = None,
    turns: Mapping[str, Turn] | None = None,
) -> Shares:
    """Release attempts run by run until there is no ``room`` or no run can go on. ``providers`` is how many more
    attempts each capped provider allows, ``models`` how many each model may have in any case, ``overall`` how many the
    cap over everything allows. ``turns`` says whose turn it is at providers that have one model at a time."""
    return _Sharing(room, budgets, dict(providers), dict(models or {}), turns or {}).share(queues, overall)


class _Turns(Generic[K]):
    """A queue while it is being served."""

    def __init__(self, queue: RunQueue[K]) -> None:
        self.queue = queue
        self.next_candidate = 0
        self.served = 0
        self.skipped_for: WaitReason | None = None
        self.waits_for_workers = False
        self.head_start = Counter(queue.head_start)

    @property
    def key(self) -> tuple[float, str]:
        """Smallest first. Places are shared in proportion to priority, including those already taken: a new run catches
        up at once with one that has many attempts under way."""
        return (self.queue.under_way + self.served + 1) / self.queue.priority, self.queue.run_id

    def urgent(self, candidate: Candidate) -> bool:
        return self.head_start[candidate.requirement] > 0


class _Sharing(Generic[K]):
    def __init__(
        self,
        room: Room,
        budgets: Mapping[K, Budget],
        providers: dict[str, int],
        models: dict[str, int],
        turns: Mapping[str, Turn],
    ) -> None:
        self._room = room
        self._left = {name: budget.left for name, budget in budgets.items()}
        self._potential = {name: budget.potential for name, budget in budgets.items()}
        self._providers, self._models, self._turns = providers, models, turns
        self._shares = Shares()

    def share(self, queues: Sequence[RunQueue[K]], overall: int | None) -> Shares:
        shares = self._shares
        heap = [(*turns.key, turns) for turns in map(_Turns, queues)]
        heapq.heapify(heap)
        while heap:
            turns = heapq.heappop(heap)[-1]
            candidate = self._next(turns)
            if candidate is None:
                if turns.skipped_for is not None and not turns.waits_for_workers:
                    shares.blocked[turns.queue.run_id] = turns.skipped_for
                continue
            if overall is not None and len(shares.released) >= overall:
                continue
            self._take(candidate, turns)
            heapq.heappush(heap, (*turns.key, turns))
        return shares

    def _next(self, turns: _Turns[K]) -> Candidate | None:
        """The first candidate that can go now; earlier ones that cannot are skipped."""
        queue = turns.queue
        while turns.next_candidate < len(queue.candidates):
            candidate = queue.candidates[turns.next_candidate]
            turns.next_candidate += 1
            if any(candidate.worst_nanousd > self._potential[name] for name in queue.final):
                self._shares.unaffordable.setdefault(queue.run_id, []).append(candidate.attempt_id)
                continue
            reason = self._blocked_by(candidate, turns)
            if reason is not None:
                turns.skipped_for = turns.skipped_for or reason
            elif turns.urgent(candidate) or self._room.of(candidate.requirement):
                return candidate
            else:
                turns.waits_for_workers = True
                if self._room.empty and not turns.head_start.total():
                    return None
        return None

    def _blocked_by(self, candidate: Candidate, turns: _Turns[K]) -> WaitReason | None:
        queue, worst = turns.queue, candidate.worst_nanousd
        if queue.concurrency_left is not None and turns.served >= queue.concurrency_left:
            return WaitReason.CONCURRENCY
        if worst and any(worst > self._left[name] for name in queue.budgets):
            return WaitReason.BUDGET
        if self._providers.get(candidate.provider, 1) <= 0 and self._models.get(candidate.model, 0) <= 0:
            return WaitReason.PROVIDER
        turn = self._turns.get(candidate.provider)
        return None if turn is None or turn.admits(candidate.model) else WaitReason.MODEL_TURN

    def _take(self, candidate: Candidate, turns: _Turns[K]) -> None:
        self._shares.released.append(candidate.attempt_id)
        if turns.urgent(candidate):
            self._shares.urgent.add(candidate.attempt_id)
            turns.head_start[candidate.requirement] -= 1
        self._room.take(candidate.requirement)
        turns.served += 1
        for name in turns.queue.budgets:
            self._left[name] -= candidate.worst_nanousd
        if candidate.provider in self._providers:
            self._providers[candidate.provider] -= 1
        if candidate.model in self._models:
            self._models[candidate.model] -= 1
