"""Whose turn it is: a fair choice among the attempts that wait. Pure, so that every store decides alike."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.contracts.runs import WaitReason

AHEAD = 1.5
"""Attempts kept out, in multiples of the live runners' slots: enough that no slot waits, few enough that a new run is
not stuck behind what was ordered before it came."""


def places(slots: int, out: int) -> int:
    """How many more may be ordered, with so many slots alive and so many attempts ordered or under way."""
    return max(0, math.ceil(AHEAD * slots) - out)


def head_starts(slots: int, out: int, priorities: int, runs: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """While no slot is free: how many attempts of each run that waits (its priority, and how many it has under way) go
    before all that is ordered, so that a run that comes late has its share of the slots from the next one on that ends.
    ``priorities`` is the sum over all runs with something to do. Altogether at most as many as there are slots."""
    if out < slots:
        return {}
    left = math.ceil((AHEAD + 1) * slots) - out
    starts: dict[str, int] = {}
    for run_id, (priority, under_way) in runs.items():
        lacking = min(slots * priority // priorities - under_way, left)
        if lacking > 0:
            starts[run_id] = lacking
            left -= lacking
    return starts


def window(room: int) -> int:
    """How many waiting attempts of each model of a run are looked at in one round: as many as could go, and a few that
    might not be affordable."""
    return room + 32


@dataclass(frozen=True, slots=True)
class Candidate:
    """A waiting attempt; ``worst_nanousd`` is what a claim will reserve for it."""

    attempt_id: str
    provider: str
    worst_nanousd: int = 0


@dataclass(slots=True)
class Purse:
    """What an account has: ``left`` may still be reserved, ``ever`` could be if nothing that is held were spent."""

    left: int
    ever: int


@dataclass(slots=True)
class Line:
    """A run whose attempts wait in this order, and that has ``under_way`` so many others already; the first
    ``head_start`` of them need no room. ``room`` is what its own cap on attempts at once leaves; ``purses`` are the
    accounts with a limit that bound it; ``final`` names those of them from which no more will ever come."""

    run_id: str
    priority: int
    candidates: Sequence[Candidate]
    under_way: int = 0
    head_start: int = 0
    room: int | None = None
    purses: tuple[str, ...] = ()
    final: frozenset[str] = frozenset()


@dataclass(slots=True)
class Shared:
    """``released`` may be ordered now, the ``urgent`` among them before what was ordered earlier; ``unaffordable``
    never will be; ``blocked`` says for each run why the first of the others waits, unless it is for want of workers."""

    released: list[str] = field(default_factory=list[str])
    urgent: set[str] = field(default_factory=set[str])
    unaffordable: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    blocked: dict[str, WaitReason] = field(default_factory=dict[str, WaitReason])


class _Turns:
    """A line as it is being served."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.place = 0
        self.served = 0
        self.passed_over: WaitReason | None = None

    @property
    def key(self) -> tuple[float, str]:
        """Places are shared in proportion to priority, those included that are taken already: a run that has just come
        catches up at once with one that has many attempts under way."""
        return (self.line.under_way + self.served + 1) / self.line.priority, self.line.run_id

    @property
    def urgent(self) -> bool:
        return self.served < self.line.head_start


def share(
    lines: Sequence[Line], room: int, purses: dict[str, Purse], providers: dict[str, int], overall: int | None = None
) -> Shared:
    """Serve the lines by turns until ``room`` is used up or nobody can go on. ``providers`` is the room each bounded
    provider leaves, ``overall`` what the cap over everything does. Purses and providers are used up on the way."""
    shared = Shared()
    queue = [(*turns.key, turns) for turns in map(_Turns, lines)]
    heapq.heapify(queue)
    while queue:
        turns = heapq.heappop(queue)[-1]
        candidate = _next(turns, purses, providers, shared)
        if candidate is None:
            if turns.passed_over is not None:
                shared.blocked[turns.line.run_id] = turns.passed_over
            continue
        released = len(shared.released)
        if (released >= room and not turns.urgent) or (overall is not None and released >= overall):
            continue
        if turns.urgent:
            shared.urgent.add(candidate.attempt_id)
        _take(candidate, turns, purses, providers)
        shared.released.append(candidate.attempt_id)
        heapq.heappush(queue, (*turns.key, turns))
    return shared


def _next(turns: _Turns, purses: dict[str, Purse], providers: dict[str, int], shared: Shared) -> Candidate | None:
    """The first candidate that can go now; those before it that cannot are passed over."""
    line = turns.line
    while turns.place < len(line.candidates):
        candidate = line.candidates[turns.place]
        turns.place += 1
        if any(candidate.worst_nanousd > purses[name].ever for name in line.final):
            shared.unaffordable.setdefault(line.run_id, []).append(candidate.attempt_id)
            continue
        reason = _obstacle(candidate, turns, purses, providers)
        if reason is None:
            return candidate
        turns.passed_over = turns.passed_over or reason
    return None


def _obstacle(
    candidate: Candidate, turns: _Turns, purses: dict[str, Purse], providers: dict[str, int]
) -> WaitReason | None:
    line = turns.line
    if line.room is not None and turns.served >= line.room:
        return WaitReason.CONCURRENCY
    if candidate.worst_nanousd and any(candidate.worst_nanousd > purses[name].left for name in line.purses):
        return WaitReason.BUDGET
    if providers.get(candidate.provider, 1) <= 0:
        return WaitReason.PROVIDER
    return None


def _take(candidate: Candidate, turns: _Turns, purses: dict[str, Purse], providers: dict[str, int]) -> None:
    turns.served += 1
    for name in turns.line.purses:
        purses[name].left -= candidate.worst_nanousd
    if candidate.provider in providers:
        providers[candidate.provider] -= 1
