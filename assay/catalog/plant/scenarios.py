"""The situations in which an operator takes over."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.plant.controls import Machine, Valve
from assay.catalog.plant.faults import Fault, FaultKind, Faults


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """The operator takes over ``lead_seconds`` after the start. ``remedy`` is all that may differ from the normal state
    in the end. ``settling_seconds`` pass after the last action before the plant's health is judged."""

    faults: tuple[Fault, ...]
    lead_seconds: float
    remedy: frozenset[Valve | Machine]
    settling_seconds: float = 1_200.0

    @property
    def fault_set(self) -> Faults:
        return Faults(*self.faults)


def _scenario(
    kind: FaultKind,
    *remedy: Valve | Machine,
    growth: float = 0.0,
    severity: float = 1.0,
    lead: float,
    others: tuple[Fault, ...] = (),
) -> Scenario:
    fault = Fault(kind=kind, growth_seconds=growth, severity=severity)
    return Scenario(faults=(fault, *others), lead_seconds=lead, remedy=frozenset(remedy))


SCENARIOS: dict[str, Scenario] = {
    "fouled_cooler": _scenario(FaultKind.FOULED_TUBES, growth=900.0, severity=0.9, lead=420.0),
    "stuck_coolant_valve": _scenario(
        FaultKind.STUCK_COOLANT_VALVE,
        Valve.BYPASS,
        Valve.COOLANT,
        lead=420.0,
        others=(Fault(kind=FaultKind.HOT_OIL_FEED, growth_seconds=300.0, severity=0.9),),
    ),
    "clogged_strainer": _scenario(FaultKind.CLOGGED_STRAINER, growth=900.0, lead=720.0),
    "worn_bearing": _scenario(FaultKind.WORN_BEARING, Machine.P1, Machine.P2, growth=900.0, lead=330.0),
    "air_leak": _scenario(FaultKind.AIR_LEAK, Valve.BRANCH_B, growth=300.0, lead=420.0),
    "hot_compressor": _scenario(
        FaultKind.FAILED_COOLER_FAN, Machine.K1, Machine.K2, growth=120.0, severity=1.3, lead=240.0
    ),
    "jammed_conveyor": _scenario(FaultKind.JAMMED_BELT, lead=60.0),
    "overloaded_conveyor": _scenario(FaultKind.OVERLOADED_BELT, Valve.FEED_GATE, growth=120.0, lead=480.0),
    "drifting_sensor": _scenario(FaultKind.DRIFTING_OIL_SENSOR, Valve.COOLANT, growth=1200.0, lead=1200.0),
    "slipping_belt": _scenario(FaultKind.SLIPPING_BELT, Valve.TENSIONER, growth=300.0, lead=300.0),
}
"""By name. The name is never shown to a model."""
