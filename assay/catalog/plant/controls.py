"""What an operator can set."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Valve(StrEnum):
    """Openings in percent. The tensioner and the feed gate are set in percent too."""

    COOLANT = "coolant_valve"
    BYPASS = "bypass_valve"
    BACKFLUSH = "backflush_valve"
    BRANCH_A = "air_branch_a"
    BRANCH_B = "air_branch_b"
    BRANCH_C = "air_branch_c"
    FEED_GATE = "feed_gate"
    TENSIONER = "belt_tensioner"


class Machine(StrEnum):
    P1 = "P1"
    P2 = "P2"
    K1 = "K1"
    K2 = "K2"
    C1 = "C1"


_TOLERANCE = 5.0
"""Percent by which a valve may differ from its normal position."""


def _normal_openings() -> dict[Valve, float]:
    return {
        Valve.COOLANT: 50.0,
        Valve.BYPASS: 0.0,
        Valve.BACKFLUSH: 0.0,
        Valve.BRANCH_A: 100.0,
        Valve.BRANCH_B: 100.0,
        Valve.BRANCH_C: 100.0,
        Valve.FEED_GATE: 80.0,
        Valve.TENSIONER: 50.0,
    }


def _normal_machines() -> dict[Machine, bool]:
    return {Machine.P1: True, Machine.P2: False, Machine.K1: True, Machine.K2: False, Machine.C1: True}


@dataclass(kw_only=True, slots=True)
class Controls:
    """``coolant_automatic``: the controller sets the coolant valve, until an operator does."""

    openings: dict[Valve, float] = field(default_factory=_normal_openings)
    running: dict[Machine, bool] = field(default_factory=_normal_machines)
    coolant_automatic: bool = True

    def opening(self, valve: Valve) -> float:
        """0 to 1."""
        return self.openings[valve] / 100.0

    def changed(self) -> list[Valve | Machine]:
        """What an operator has left in another state than the normal one."""
        normal = Controls()
        moved = [
            valve
            for valve, percent in self.openings.items()
            if abs(percent - normal.openings[valve]) > _TOLERANCE and valve is not Valve.COOLANT
        ]
        by_hand = [] if self.coolant_automatic else [Valve.COOLANT]
        return [
            *moved,
            *by_hand,
            *(name for name, running in self.running.items() if running is not normal.running[name]),
        ]
