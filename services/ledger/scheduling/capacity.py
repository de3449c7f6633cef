"""The live workers' slots by sandbox requirement, and how many more attempts of each can be queued. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from assay.contracts.sandboxes import SandboxRequirement, requirements_met

QUEUE_FACTOR = 1.5
"""Attempts queued or running, in multiples of the live runners' slots: enough that no slot waits, few enough that a new
run is not stuck behind earlier orders."""
URGENT_FACTOR = QUEUE_FACTOR + 1
"""The same with urgent orders: at most one more for each slot."""

Counts = Mapping[SandboxRequirement, int]
_NONE = SandboxRequirement.NONE


@dataclass(frozen=True, slots=True)
class Capacity:
    """``slots`` of the workers that meet each requirement. ``within`` has, for each requirement, those that only its
    own workers meet: their attempts take the same slots. ``known``: all workers have reported their sandboxes."""

    slots: Mapping[SandboxRequirement, int]
    within: Mapping[SandboxRequirement, tuple[SandboxRequirement, ...]]
    known: bool = True

    @property
    def total(self) -> int:
        return self.slots[_NONE]


def capacity_of(offers: Iterable[tuple[Collection[str] | None, int]]) -> Capacity:
    """``offers`` has groups of workers: the kinds of sandbox that they offer (None: not known yet), and their slots."""
    offers = [(kinds, slots) for kinds, slots in offers if slots > 0]
    groups = [(requirements_met(kinds), slots) for kinds, slots in offers]
    workers = {each: {place for place, (met, _) in enumerate(groups) if each in met} for each in SandboxRequirement}
    return Capacity(
        slots={each: sum(groups[place][1] for place in workers[each]) for each in SandboxRequirement},
        within={
            each: tuple(other for other in SandboxRequirement if workers[other] and workers[other] <= workers[each])
            for each in SandboxRequirement
        },
        known=all(kinds is not None for kinds, _ in offers),
    )


@dataclass(slots=True)
class Room:
    """How many more attempts of each requirement can be queued. ``left`` is what the workers of a requirement can take;
    an attempt takes it from each requirement in ``takes_from``."""

    left: dict[SandboxRequirement, int]
    takes_from: Mapping[SandboxRequirement, tuple[SandboxRequirement, ...]] = field(
        default_factory=lambda: dict.fromkeys(SandboxRequirement, (_NONE,))
    )

    @classmethod
    def total(cls, places: int) -> Room:
        """Room that workers of all kinds have in common."""
        return cls({_NONE: places})

    def of(self, requirement: SandboxRequirement) -> int:
        return max(0, min((self.left[each] for each in self.takes_from[requirement]), default=0))

    @property
    def empty(self) -> bool:
        return self.left[_NONE] <= 0

    def take(self, requirement: SandboxRequirement, attempts: int = 1) -> None:
        for each in self.takes_from[requirement]:
            self.left[each] -= attempts


def room(capacity: Capacity, under_way: Counts, factor: float = QUEUE_FACTOR) -> Room:
    """Attempts are under way while they are queued or running. Of more than the workers can take, because some of them
    ended, the rest takes no room from attempts that other workers can execute."""
    counted = {
        each: min(under_way.get(each, 0), math.ceil(URGENT_FACTOR * slots)) for each, slots in capacity.slots.items()
    }
    return Room(
        left={
            each: math.ceil(factor * slots) - sum(counted[other] for other in capacity.within[each])
            for each, slots in capacity.slots.items()
        },
        takes_from={
            each: tuple(wider for wider in SandboxRequirement if each in capacity.within[wider])
            for each in SandboxRequirement
        },
    )


def saturated(capacity: Capacity, under_way: Counts) -> tuple[SandboxRequirement, ...]:
    """The requirements whose workers have no free slot."""
    busy = sum(min(under_way.get(each, 0), slots) for each, slots in capacity.slots.items())
    if busy >= capacity.total:
        return tuple(SandboxRequirement)
    of_workers = {each: sum(under_way.get(other, 0) for other in capacity.within[each]) for each in SandboxRequirement}
    return tuple(each for each, slots in capacity.slots.items() if of_workers[each] >= slots)
